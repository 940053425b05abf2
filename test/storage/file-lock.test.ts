import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { LOCK_NEW_ATTEMPTS_MAX, loadFileLocks } from '../../storage/file-lock.js';
import { KNOWN_VERSIONS } from '../../storage/lock-addon.js';
import { FileOwnerLock } from '../../storage/owner-lock.js';
import { temporaryDirectory } from './temporary.js';

const locks = await loadFileLocks();

/** Another process that locks the file, says so, and keeps it until it is killed. */
async function lockInOtherProcess(path: string): Promise<ChildProcess> {
  const script = `
    const locked = require('fs-native-extensions').tryLock(require('node:fs').openSync(process.argv[1], 'a+'));
    process.stdout.write(String(locked));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  expect(said.toString()).toBe('true');
  return child;
}

test('two locks in one process exclude each other, as two loaded copies do', async () => {
  const path = join(await temporaryDirectory(), 'a.lock');
  const lock = locks.tryLock(path);
  expect(lock?.path).toBe(path);
  expect(locks.tryLock(path)).toBeUndefined();
  const other = await loadFileLocks();
  expect(other.tryLock(path)).toBeUndefined();
  lock?.release();
  lock?.release();
  other.tryLock(path)?.release();
  expect(locks.isLocked(path)).toBe(false);
});

test('a lock file is made for this user alone', async () => {
  const path = join(await temporaryDirectory(), 'a.lock');
  locks.tryLock(path)?.release();
  expect(statSync(path).mode & 0o077).toBe(0);
});

test('looking does not create, does not take, and does not free', async () => {
  const path = join(await temporaryDirectory(), 'a.lock');
  expect(locks.isLocked(path)).toBe(false);
  expect(existsSync(path)).toBe(false);
  const lock = locks.tryLock(path);
  expect([locks.isLocked(path), locks.isLocked(path)]).toEqual([true, true]);
  closeSync(openSync(path, 'r'));
  expect(locks.isLocked(path)).toBe(true);
  expect(lock?.isIntact()).toBe(true);
  lock?.release();
});

test('a lock of another process is seen, and gone as soon as that process is killed', async () => {
  const path = join(await temporaryDirectory(), 'a.lock');
  const child = await lockInOtherProcess(path);
  expect(locks.isLocked(path)).toBe(true);
  expect(locks.tryLock(path)).toBeUndefined();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(locks.isLocked(path)).toBe(false);
  locks.tryLock(path)?.release();
});

test('a stopped process keeps its lock', async () => {
  const path = join(await temporaryDirectory(), 'a.lock');
  const child = await lockInOtherProcess(path);
  child.kill('SIGSTOP');
  expect(locks.isLocked(path)).toBe(true);
});

test('a lock file that was deleted, or replaced, is noticed', async () => {
  const path = join(await temporaryDirectory(), 'a.lock');
  const lock = locks.tryLock(path);
  rmSync(path);
  expect(lock?.isIntact()).toBe(false);
  writeFileSync(path, '');
  expect(lock?.isIntact()).toBe(false);
  lock?.release();
});

test('a released lock is not intact', async () => {
  const lock = locks.tryLock(join(await temporaryDirectory(), 'a.lock'));
  lock?.release();
  expect(lock?.isIntact()).toBe(false);
});

test('a new lock file appears under its name with the lock on it', async () => {
  const path = join(await temporaryDirectory(), 'a.lock');
  const lock = locks.lockNew(path);
  expect(existsSync(`${path}.new`)).toBe(false);
  expect(locks.isLocked(path)).toBe(true);
  expect(lock.isIntact()).toBe(true);
  renameSync(path, `${path}.other`);
  expect(lock.isIntact()).toBe(false);
  lock.release();
});

test('a file that cannot be opened is told as a lock that is not to be had', async () => {
  const path = join(await temporaryDirectory(), 'missing', 'a.lock');
  expect(() => locks.tryLock(path)).toThrow(expect.objectContaining({ code: 'SOCOMM_LOCK_UNAVAILABLE' }));
  expect(() => locks.lockNew(path)).toThrow(expect.objectContaining({ code: 'SOCOMM_LOCK_UNAVAILABLE' }));
});

test('a file system without locks is told, and leaves no descriptor open', async () => {
  const path = join(await temporaryDirectory(), 'a.lock');
  const opened: number[] = [];
  const lockless = await loadFileLocks(async () => ({
    tryLock: (descriptor: number) => {
      opened.push(descriptor);
      throw Object.assign(new Error('no locks available'), { code: 'ENOLCK' });
    },
  }));
  const refusal: unknown = expect.objectContaining({
    code: 'SOCOMM_LOCK_UNAVAILABLE',
    message: expect.stringContaining('ENOLCK') as string,
  });
  expect(() => lockless.tryLock(path)).toThrow(refusal);
  expect(() => lockless.isLocked(path)).toThrow(refusal);
  expect(() => lockless.lockNew(path)).toThrow(refusal);
  expect(opened).toHaveLength(3);
  for (const descriptor of opened) expect(() => closeSync(descriptor)).toThrow(/EBADF/);
});

test('a missing binary is told with package, platform and the line for a bundler', async () => {
  const failing = loadFileLocks(() => Promise.reject(new Error('no prebuild')));
  await expect(failing).rejects.toMatchObject({ code: 'SOCOMM_NATIVE_MISSING' });
  await expect(failing).rejects.toThrow(new RegExp(`fs-native-extensions for ${process.platform}-${process.arch}.*external: \\['zeromq'`));
});

test('the version of the addon that is installed is one whose binary is asked for directly', () => {
  const { version } = createRequire(import.meta.url)('fs-native-extensions/package.json') as { version: string };
  expect(KNOWN_VERSIONS).toContain(version);
});

test('an owner whose lock file was deleted owns nothing, and gets it back only from nobody', async () => {
  const directory = await temporaryDirectory();
  const first = new FileOwnerLock(directory, locks);
  const second = new FileOwnerLock(directory, locks);
  expect(first.tryAcquire()).toBe(true);
  rmSync(join(directory, 'owner.lock'));
  expect(first.isOwned()).toBe(false);
  expect(second.tryAcquire()).toBe(true);
  expect(first.tryAcquire()).toBe(false);
  second.release();
  expect(first.tryAcquire()).toBe(true);
  first.release();
});

test('a file system that gives the same lock away twice is told, and its lock is not taken for one', async () => {
  const directory = await temporaryDirectory();
  const opened: number[] = [];
  const granting = await loadFileLocks(async () => ({ tryLock: (descriptor: number) => opened.push(descriptor) > 0 }));
  const lock = new FileOwnerLock(directory, granting);
  expect(() => lock.tryAcquire()).toThrow(
    expect.objectContaining({ code: 'SOCOMM_LOCK_UNAVAILABLE', message: expect.stringContaining('network shares') as string }),
  );
  expect(lock.isOwned()).toBe(false);
  expect(opened).toHaveLength(2);
  for (const descriptor of opened) expect(() => closeSync(descriptor)).toThrow(/EBADF/);
});

test('the proof that a lock is honoured is made once, costs little, and frees nothing', async () => {
  const directory = await temporaryDirectory();
  const real = await import('fs-native-extensions');
  let asked = 0;
  const counting = await loadFileLocks(async () => ({
    tryLock: (descriptor, options) => {
      asked++;
      return real.tryLock(descriptor, options);
    },
  }));
  const lock = new FileOwnerLock(directory, counting);
  expect([lock.tryAcquire(), lock.tryAcquire()]).toEqual([true, true]);
  expect(asked).toBe(2);
  expect(locks.isLocked(join(directory, 'owner.lock'))).toBe(true);
  lock.release();
});

test('a new lock file that cannot be made, nor cleaned up, says why it could not be made', async () => {
  const path = join(await temporaryDirectory(), 'a.lock');
  const temporaryPath = `${path}.new`;
  mkdirSync(join(path, 'in-the-way'), { recursive: true });
  let tries = 0;
  const failing = await loadFileLocks(async () => ({
    tryLock: () => {
      if (++tries === LOCK_NEW_ATTEMPTS_MAX) {
        rmSync(temporaryPath);
        mkdirSync(temporaryPath);
      }
      return true;
    },
  }));
  expect(() => failing.lockNew(path)).toThrow(
    expect.objectContaining({ code: 'SOCOMM_LOCK_UNAVAILABLE', cause: expect.objectContaining({ syscall: 'rename' }) as unknown }),
  );
  expect(tries).toBe(LOCK_NEW_ATTEMPTS_MAX);
});
