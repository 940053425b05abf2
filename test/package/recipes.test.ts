/**
 * The recipes of examples/bundles, each by its real bundler, and what becomes of them: moved elsewhere with nothing beside them but what
 * scripts/native-files.mjs lists, started from another folder, by another Node binary, from an archive's layout. Electron and Max are not here; what
 * of them is stood in for is said in docs/PACKAGING.md, "What was tried".
 */

import { execFile, fork } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { EXTERNAL, copyShipped, nativeFiles } from '../../scripts/native-files.mjs';
import { PLATFORM, ROOT, Workshop, filesBelow, install, link, pack } from './installed.js';
import type { Packed } from './installed.js';

const run = promisify(execFile);
const RECIPES = join(ROOT, 'examples/bundles');
const BUNDLES = ['esbuild-esm/main.mjs', 'esbuild-cjs/main.cjs', 'rollup/main.mjs', 'vite/main.cjs'];

const workshop = new Workshop();
const home = join(workshop.folder, 'home');
let packed: Packed;

beforeAll(async () => {
  packed = await pack();
  cpSync(RECIPES, home, { recursive: true });
  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  install(packed, home, { dependencies: 'linked' });
  link(join(home, 'node_modules'), ['esbuild', 'rollup', '@rollup/plugin-node-resolve', 'vite']);
  const outputs = await Promise.all(
    [['esbuild.mjs'], [bin('rollup', 'dist/bin/rollup'), '-c'], [bin('vite', 'bin/vite.js'), 'build']].map((words) =>
      run(process.execPath, words, { cwd: home }),
    ),
  );
  for (const { stdout, stderr } of outputs) expect(`${stdout}${stderr}`).not.toMatch(/warn/i);
}, 120_000);

afterAll(() => workshop.remove());

/** What a process noted of itself at its end. */
interface Notes {
  readonly addons: readonly string[];
  readonly threads: number;
  readonly execPath: string;
}

interface Started {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly notes: Notes;
}

let places = 0;

/** A store, a folder for sockets, and a folder to start from, which is not the bundle's. */
class Place {
  readonly folder = join(workshop.folder, `p${++places}`);
  readonly env = {
    ...process.env,
    SOCOMM_DIRECTORY: join(this.folder, 's'),
    SOCOMM_RUNTIME_DIRECTORY: join(this.folder, 'r'),
    NOTES_AT_END: join(this.folder, 'notes.json'),
  };

  constructor() {
    mkdirSync(join(this.folder, 'elsewhere'), { recursive: true });
  }

  async start(
    main: string,
    words: readonly string[] = [],
    { node = process.execPath, preload = [] as readonly string[] } = {},
  ): Promise<Started> {
    const required = [join(import.meta.dirname, 'notes-at-end.cjs'), ...preload].flatMap((path) => ['--require', path]);
    const options = { cwd: join(this.folder, 'elsewhere'), env: this.env, timeout: 20_000 };
    const { stdout, stderr, code } = await run(node, [...required, main, ...words], options).then(
      (said) => ({ ...said, code: 0 }),
      (error: unknown) => error as { code: number; stdout: string; stderr: string },
    );
    return { code, stdout, stderr, notes: JSON.parse(readFileSync(this.env.NOTES_AT_END, 'utf8')) as Notes };
  }
}

function bin(name: string, path: string): string {
  return join(home, 'node_modules', name, path);
}

/** A bundle as it is shipped: moved away from where it was made, with the native packages of this platform beside it. */
function ship(bundle: string, { natives = true } = {}): string {
  const folder = join(workshop.folder, `shipped-${++places}`);
  cpSync(join(home, 'dist', dirname(bundle)), folder, { recursive: true });
  if (natives) copyShipped(nativeFiles(PLATFORM, ROOT), join(folder, 'node_modules'));
  return join(folder, bundle.split('/')[1] ?? '');
}

describe.each(BUNDLES)('the bundle %s', (bundle) => {
  test('runs from another folder, on nothing but the listed files, and loads just the binaries that are to be signed', async () => {
    const place = new Place();
    const main = ship(bundle);
    const first = await place.start(main, ['first']);
    expect(first).toMatchObject({ code: 0, stdout: 'first; written under term 1\n', stderr: '' });
    expect((await place.start(main, ['second'])).stdout).toBe('first, second; written under term 2\n');

    const listed = nativeFiles(PLATFORM, ROOT).flatMap(({ name, natives }) => natives.map((path) => `node_modules/${name}/${path}`));
    expect(listed).toHaveLength(3);
    expect(first.notes.addons.map((path) => relative(dirname(main), path)).toSorted()).toEqual(listed.toSorted());
  });

  test('says what is missing and what to tell the bundler, where a native package is not there', async () => {
    const without = ship(bundle, { natives: false });
    const { code, stdout, stderr } = await new Place().start(without);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^SOCOMM_NATIVE_MISSING: The native part of \S+ for \S+ cannot be loaded\./);
    expect(stderr).toContain(`external: [${EXTERNAL.map((name) => `'${name}'`).join(', ')}]`);
  });
});

describe('what a bundle needs beside it', () => {
  test.each([
    ['zeromq', 'zeromq'],
    ['level', 'classic-level'],
    ['classic-level', 'classic-level'],
    ['fs-native-extensions', 'fs-native-extensions'],
  ])('is missed by name: %s', async (absent, named) => {
    const main = ship('esbuild-esm/main.mjs');
    rmSync(join(dirname(main), 'node_modules', absent), { recursive: true });
    const { code, stderr } = await new Place().start(main);
    expect(code).toBe(1);
    expect(stderr).toContain(`SOCOMM_NATIVE_MISSING: The native part of ${named} for ${PLATFORM} `);
  });

  test('is missed by name too where the binary alone is not there', async () => {
    const main = ship('esbuild-cjs/main.cjs');
    for (const path of filesBelow(join(dirname(main), 'node_modules/zeromq')).filter((path) => path.endsWith('.node'))) rmSync(path);
    const { code, stderr } = await new Place().start(main);
    expect(code).toBe(1);
    expect(stderr).toContain('SOCOMM_NATIVE_MISSING: The native part of zeromq ');
  });

  test('cannot be put into the bundle, and who tries is told the line to add', async () => {
    const { build } = await import('esbuild');
    const outfile = join(workshop.folder, 'all-in-one', 'main.cjs');
    const loader = { '.node': 'file' } as const;
    await build({
      entryPoints: [join(home, 'app/main.js')],
      absWorkingDir: home,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile,
      loader,
      logLevel: 'silent',
    });
    const { code, stderr } = await new Place().start(outfile);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^SOCOMM_NATIVE_MISSING: .* external: \['zeromq', 'level', 'fs-native-extensions'\]/);
  });
});

describe('another host', () => {
  test('a Node binary of another name, in another folder, runs a bundle', async () => {
    const host = join(workshop.folder, 'Host.app', 'Synth Helper');
    mkdirSync(dirname(host));
    copyFileSync(process.execPath, host);
    const { notes, ...started } = await new Place().start(ship('esbuild-cjs/main.cjs'), ['host'], { node: host });
    expect(started).toEqual({ code: 0, stdout: 'host; written under term 1\n', stderr: '' });
    expect(notes.execPath).toBe(host);
  });

  test.each(['vite/main.cjs', 'esbuild-esm/main.mjs'])('an archive with its binaries unpacked beside it runs %s', async (bundle) => {
    const place = new Place();
    const resources = join(place.folder, 'Resources');
    const main = ship(bundle);
    mkdirSync(resources);
    renameSync(dirname(main), join(resources, 'app.asar'));
    const archive = join(resources, 'app.asar');
    for (const path of filesBelow(archive).filter((path) => path.endsWith('.node'))) {
      const unpacked = path.replace('app.asar', 'app.asar.unpacked');
      mkdirSync(dirname(unpacked), { recursive: true });
      renameSync(path, unpacked);
      // In an archive the name is there, and what it names is not.
      writeFileSync(path, '');
    }
    const { notes, ...started } = await place.start(join(archive, bundle.split('/')[1] ?? ''), ['packed'], {
      preload: [join(import.meta.dirname, 'asar-like.cjs')],
    });
    expect(started).toEqual({ code: 0, stdout: 'packed; written under term 1\n', stderr: '' });
    expect(notes.addons.filter((path) => !path.startsWith(`${resources}/app.asar.unpacked/`))).toEqual([]);
    expect(notes.addons).toHaveLength(3);
  });

  test("a Max device's folder with its own packages runs as a child with a channel, from any folder, and ends with it", async () => {
    const place = new Place();
    const device = join(place.folder, 'Acme Synth.amxd folder');
    cpSync(join(RECIPES, 'max-device'), device, { recursive: true });
    install(packed, device, { dependencies: 'copied' });
    mkdirSync(join(place.folder, 'max/max-api'), { recursive: true });
    copyFileSync(join(import.meta.dirname, 'max-api.cjs'), join(place.folder, 'max/max-api/index.js'));

    const outputs: unknown[] = [];
    const child = fork(join(device, 'device.js'), {
      cwd: join(place.folder, 'elsewhere'),
      env: { ...place.env, NODE_PATH: join(place.folder, 'max') },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const ended = new Promise((resolve) => void child.once('exit', (code, signal) => resolve({ code, signal })));
    const says = (words: readonly unknown[]): Promise<void> =>
      new Promise((resolve) => {
        child.on('message', (message) => {
          outputs.push(message);
          if (JSON.stringify(message) === JSON.stringify(words)) resolve();
        });
      });
    const started = says(['favourites', []]);
    const saved = says(['saved', 'warm-pad']);
    await started;
    child.send({ message: 'favourite', argument: 'warm-pad' });
    await saved;
    child.disconnect();
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(outputs).toContainEqual(['favourites', ['warm-pad']]);
    expect(existsSync(join(place.env.SOCOMM_DIRECTORY, 'com.acme.synth', 'level'))).toBe(true);
  });
});
