import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isSocommError } from '../../src/base/errors.js';
import { defaultRuntimeDirectory, ensureRuntimeDirectory, type RuntimeEnvironment } from '../../sync/discovery/runtime-directory.js';

const uid = process.getuid?.();

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'socomm-runtime-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function environment(changes: Partial<RuntimeEnvironment>): RuntimeEnvironment {
  return { variables: {}, platform: 'linux', temporaryDirectory: '/tmp', uid, ...changes };
}

function thrownBy(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('the default runtime directory', () => {
  it('is what the variable says, made absolute', () => {
    const variables = { SOCOMM_RUNTIME_DIRECTORY: '/given', XDG_RUNTIME_DIR: directory };
    expect(defaultRuntimeDirectory(environment({ variables }))).toBe('/given');
    expect(defaultRuntimeDirectory(environment({ variables: { SOCOMM_RUNTIME_DIRECTORY: 'near' } }))).toBe(join(process.cwd(), 'near'));
  });

  it('lies in the directory of the session', () => {
    expect(defaultRuntimeDirectory(environment({ variables: { XDG_RUNTIME_DIR: directory } }))).toBe(join(directory, 'socomm'));
    expect(defaultRuntimeDirectory(environment({ platform: 'darwin', variables: { TMPDIR: directory } }))).toBe(join(directory, 'socomm'));
  });

  it('lies in the temporary directory, one for each user, where the session has none', () => {
    expect(defaultRuntimeDirectory(environment({ uid: 1234 }))).toBe('/tmp/socomm-1234');
    expect(defaultRuntimeDirectory(environment({ variables: { SOCOMM_RUNTIME_DIRECTORY: '', XDG_RUNTIME_DIR: '' }, uid: 1234 }))).toBe(
      '/tmp/socomm-1234',
    );
  });

  it('does not lie in a directory of the session that is missing, a file, or of another user', () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    for (const session of [join(directory, 'missing'), file]) {
      expect(defaultRuntimeDirectory(environment({ variables: { XDG_RUNTIME_DIR: session }, uid: 7 }))).toBe('/tmp/socomm-7');
    }
    expect(defaultRuntimeDirectory(environment({ variables: { XDG_RUNTIME_DIR: directory }, uid: (uid ?? 0) + 1 }))).toBe(
      `/tmp/socomm-${(uid ?? 0) + 1}`,
    );
  });

  it('lies in the profile on Windows', () => {
    const found = defaultRuntimeDirectory(
      environment({ platform: 'win32', variables: { LOCALAPPDATA: '/Users/me/AppData/Local' }, uid: undefined }),
    );
    expect(found).toBe(join('/Users/me/AppData/Local', 'socomm', 'run'));
  });
});

describe.skipIf(uid === undefined)('a runtime directory', () => {
  it('is made with its parents, for this user alone, and accepted again', () => {
    const path = join(directory, 'deep', 'run');
    ensureRuntimeDirectory(path);
    ensureRuntimeDirectory(path);
    expect(lstatSync(path).mode & 0o777).toBe(0o700);
  });

  it.each([0o770, 0o707, 0o701, 0o740])('is refused when it is open to others (mode %o), and left as it is', (mode) => {
    const path = join(directory, 'open');
    mkdirSync(path);
    chmodSync(path, mode);
    const error = thrownBy(() => ensureRuntimeDirectory(path));
    expect(isSocommError(error, 'SOCOMM_RUNTIME_DIRECTORY_UNSAFE')).toBe(true);
    expect(String(error)).toContain('chmod 700');
    expect(lstatSync(path).mode & 0o777).toBe(mode);
  });

  it('is refused when it belongs to another user', () => {
    const error = thrownBy(() => ensureRuntimeDirectory(directory, (uid ?? 0) + 1));
    expect(isSocommError(error, 'SOCOMM_RUNTIME_DIRECTORY_UNSAFE')).toBe(true);
    expect(String(error)).toContain('another user');
  });

  it('is refused when it is a symbolic link, even to a good directory, or to nothing', () => {
    for (const target of [directory, join(directory, 'nothing')]) {
      const path = join(directory, 'link');
      symlinkSync(target, path);
      expect(
        isSocommError(
          thrownBy(() => ensureRuntimeDirectory(path)),
          'SOCOMM_RUNTIME_DIRECTORY_UNSAFE',
        ),
      ).toBe(true);
      rmSync(path);
    }
  });

  it('is refused when it is a file', () => {
    const path = join(directory, 'file');
    writeFileSync(path, '', { mode: 0o600 });
    expect(
      isSocommError(
        thrownBy(() => ensureRuntimeDirectory(path)),
        'SOCOMM_RUNTIME_DIRECTORY_UNSAFE',
      ),
    ).toBe(true);
  });

  it('that cannot be made is told with advice', () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    const error = thrownBy(() => ensureRuntimeDirectory(join(file, 'below')));
    expect(isSocommError(error, 'SOCOMM_DIRECTORY_INVALID')).toBe(true);
    expect(String(error)).toContain('SOCOMM_RUNTIME_DIRECTORY');
  });
});
