/** What a bundler may rely on: nothing happens when the package is loaded, what is not used is left out, and a big snapshot has its worker in a bundle too. */

import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { build } from 'esbuild';
import type { BuildOptions } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { EXTERNAL } from '../../scripts/native-files.mjs';
import { TRIAL_IN_WORKER_BYTES_MIN } from '../../src/replica/trial.js';
import { Workshop, install, manifest, pack } from './installed.js';

const run = promisify(execFile);
const workshop = new Workshop();
const app = workshop.folder;

beforeAll(async () => {
  install(await pack(), app, { dependencies: 'linked' });
}, 120_000);

afterAll(() => workshop.remove());

/** The entries for programs, as they are imported. */
const ENTRIES = Object.keys(manifest.exports as Readonly<Record<string, unknown>>)
  .filter((path) => !['./package.json', './trial-worker'].includes(path))
  .map((path) => path.replace(/^\./, 'socomm'));

async function bundle(contents: string, options: BuildOptions = {}): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: app },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    external: [...EXTERNAL],
    minify: true,
    logLevel: 'silent',
    ...options,
  });
  return outputFiles?.[0]?.text ?? '';
}

describe.each(ENTRIES)('%s', (entry) => {
  test('leaves nothing behind where it is imported and not used', async () => {
    expect(await bundle(`import '${entry}';`)).toBe('');
    expect(await bundle(`import * as unused from '${entry}';`)).toBe('');
  });

  test.each(['esm', 'cjs'] as const)(
    'bundled as %s, loads no native addon, starts nothing, says nothing, and lets the process end',
    async (format) => {
      const text = await bundle(`export * from '${entry}';`, { format });
      expect(text.length).toBeGreaterThan(10_000);
      const file = join(app, `loaded.${format === 'esm' ? 'mjs' : 'cjs'}`);
      writeFileSync(file, text);
      writeFileSync(join(app, 'load.mjs'), LOAD);
      const { stdout, stderr } = await run(process.execPath, ['load.mjs', file], { cwd: app, timeout: 20_000 });
      expect(stderr).toBe('');
      // Yjs marks its own presence, to warn of a second copy.
      expect(JSON.parse(stdout)).toEqual({ addons: [], resources: [], listensTo: [], globals: ['__ $YJS$ __'] });
    },
  );
});

const LOAD = `
  const countOf = (name) => process.listenerCount(name);
  const before = [new Map(process.eventNames().map((name) => [name, countOf(name)])), Object.getOwnPropertyNames(globalThis)];
  await import(process.argv[2]);
  process.report.excludeNetwork = true;
  const addons = process.report.getReport().sharedObjects.filter((path) => path.endsWith('.node'));
  const resources = process.getActiveResourcesInfo().filter((kind) => !/^(Pipe|TTY|File)|Req/.test(kind));
  const listensTo = process.eventNames().filter((name) => countOf(name) > (before[0].get(name) ?? 0));
  const globals = Object.getOwnPropertyNames(globalThis).filter((name) => !before[1].includes(name));
  process.stdout.write(JSON.stringify({ addons, resources, listensTo, globals }));
`;

test('what is not used is left out: a codec alone brings neither Yjs nor a peer', async () => {
  expect((await bundle(`import { json } from 'socomm'; console.log(json().name);`)).length).toBeLessThan(10_000);
  expect((await bundle(`import { join } from 'socomm'; console.log(join);`)).length).toBeGreaterThan(100_000);
});

test.each(['esm', 'cjs'])('few files are read where socomm and its library are loaded (%s)', (build) => {
  const dist = join(app, 'node_modules/socomm/dist', build);
  const read = new Set<string>();
  const readFrom = (path: string): void => {
    if (read.has(path)) return;
    read.add(path);
    const names = readFileSync(path, 'utf8').matchAll(/(?:from |^import |require\()["'](\.[^"']+)["']/gm);
    for (const [, name = ''] of names) readFrom(join(path, '..', name));
  };
  for (const entry of ['src/index.js', 'src/library/index.js']) readFrom(join(dist, entry));
  expect(read.size).toBeGreaterThan(3);
  expect(read.size).toBeLessThan(9);
});

describe('a big snapshot', () => {
  const program = `
    import { join } from 'socomm';
    let threads = 0;
    process.on('worker', () => threads++);
    async function main() {
      const synth = await join('com.acme.synth', { directory: process.argv[2], runtimeDirectory: process.argv[3] });
      synth.transact(() => synth.doc.getMap('presets').set('big', 'b'.repeat(${TRIAL_IN_WORKER_BYTES_MIN})));
      await synth.flush();
      await synth.compact();
      const { warnings, store } = synth.inspect();
      const { logBytes } = store.documents.find(({ name }) => name === 'main');
      await synth.close();
      console.log(JSON.stringify({ hasThreads: threads > 0, logBytes, warnings }));
    }
    main();
  `;
  const worker = {
    entryPoints: { 'socomm-trial-worker': 'socomm/trial-worker' },
    bundle: true,
    platform: 'node',
    target: 'node20.19',
  } as const;

  async function perform(file: string): Promise<unknown> {
    const place = join(app, `store-${++count}`);
    const { stdout, stderr } = await run(process.execPath, [file, join(place, 's'), join(place, 'r')], { cwd: app, timeout: 20_000 });
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  }
  let count = 0;

  test.each([
    ['esm', '.mjs'],
    ['cjs', '.cjs'],
    ['cjs', '.js'],
  ] as const)(
    'of a bundle in %s is tried in the worker beside it (%s), and in the main thread where there is none or one of another version',
    async (format, extension) => {
      const outdir = join(app, `${format}${extension}`);
      const main = join(outdir, `main${extension}`);
      const beside = join(outdir, `socomm-trial-worker${extension}`);
      await build({ ...worker, absWorkingDir: app, format, outdir, outExtension: { '.js': extension } });
      writeFileSync(main, await bundle(program, { format }));
      expect(await perform(main)).toEqual({ hasThreads: true, logBytes: 0, warnings: [] });

      const text = readFileSync(beside, 'utf8');
      expect(text).toContain(`"${manifest.version}"`);
      writeFileSync(beside, text.replaceAll(`"${manifest.version}"`, '"0.0.0"'));
      expect(await perform(main)).toEqual({ hasThreads: true, logBytes: 0, warnings: [] });

      rmSync(beside);
      expect(await perform(main)).toEqual({ hasThreads: false, logBytes: 0, warnings: [] });
    },
  );
});
