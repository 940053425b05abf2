// @ts-check
/**
 * Makes few files of many: what is published, and what a process loads when it starts (why: docs/decisions/0022-few-files.md). Each entry of the package
 * takes the place of what tsc made of the same source, and what entries share lies in `chunks/`, so that nothing is loaded twice in one process.
 * Packages stay outside, and so does the version, which is the one thing that is told by a file of its own.
 *
 * esbuild makes JavaScript of the sources and leaves out what nobody uses; it makes a chunk for each set of entries that share something, which are
 * too many. Rollup puts these together.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build, transform } from 'esbuild';
import { rollup } from 'rollup';

const root = fileURLToPath(new URL('..', import.meta.url));
const CHUNKS = 'chunks';
const TARGET = 'node20.19';
/** Sources that ask for the name of their own file: src/base/native-package.ts, src/replica/trial-file.ts. */
const ASKING = 2;

/** For programs, in both builds. The trial worker lies beside the chunk that looks for it, under the name that it has beside any bundle. */
const entries = {
  'src/index': 'src/index.ts',
  'src/library/index': 'src/library/index.ts',
  'src/store': 'src/store.ts',
  'src/testing': 'src/testing.ts',
  [`${CHUNKS}/socomm-trial-worker`]: 'src/replica/trial-worker.ts',
};

/** Programs: there is no CommonJS build of them. */
const programs = {
  'src/cli/main': 'src/cli/main.ts',
  'src/cli/demo/player': 'src/cli/demo/player.ts',
  'src/cli/demo/contrast-experiment': 'src/cli/demo/contrast-experiment.ts',
};

/**
 * An entry that nobody sees: what needs no peer gets a chunk of its own, which is all that a bundler takes in for who uses nothing else
 * (`sideEffects: false` speaks of files, and statements of a file that is used at all are seldom left out).
 */
const APART = 'apart';
const apart = {
  name: APART,
  /** @param {import('esbuild').PluginBuild} building */
  setup(building) {
    building.onResolve({ filter: new RegExp(`^${APART}$`) }, () => ({ path: APART, namespace: APART }));
    building.onLoad({ filter: /^/, namespace: APART }, () => ({
      contents: [
        ...readFileSync(join(root, 'src/index.ts'), 'utf8').matchAll(
          /^export \{.*\} from '\.\/(talk\/(?:codecs\/[^']+|definitions))\.js';$/gm,
        ),
      ]
        .map(([, path]) => `export * from './src/${path}.ts';`)
        .join('\n'),
      resolveDir: root,
      loader: 'ts',
    }));
  },
};

/** Chunks of what entries share, each after the entry that it is for; the smallest entries first. */
const SHARED = {
  [`${APART}-shared`]: `${CHUNKS}/${APART}`,
  'trial-shared': `${CHUNKS}/socomm-trial-worker`,
  'store-shared': 'src/store',
  peer: 'src/index',
  library: 'src/library/index',
};

/** What there must be after a build, as paths below `dist/<kind>`. @param {string} kind */
export function bundledEntries(kind) {
  return Object.keys(entriesOf(kind)).map((path) => `${path}.js`);
}

/**
 * Writes the files of one kind, and returns their paths below `dist/<kind>`.
 * @param {'esm' | 'cjs'} kind
 * @returns {Promise<string[]>}
 */
export async function bundle(kind) {
  const { outputFiles } = await build({
    entryPoints: [
      ...Object.entries(entriesOf(kind)).map(([out, path]) => ({ in: join(root, path), out })),
      { in: APART, out: `${CHUNKS}/${APART}` },
    ],
    absWorkingDir: root,
    outdir: join(root, 'dist', kind),
    outbase: root,
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: TARGET,
    packages: 'external',
    plugins: [versionBeside, apart],
    chunkNames: `${CHUNKS}/[name]-[hash]`,
    logLevel: 'silent',
  });
  const dist = join(root, 'dist', kind);
  const written = [];
  for (const { own, text } of await putTogether(outputFiles, dist, [...Object.keys(entriesOf(kind)), `${CHUNKS}/${APART}`])) {
    const path = join(dist, own);
    mkdirSync(dirname(path), { recursive: true });
    const whole = text.replaceAll(VERSION, versionFrom(own));
    writeFileSync(path, kind === 'esm' ? whole : await required(whole));
    written.push(own);
  }
  if (kind === 'esm') nameItself(written.map((path) => join(dist, path)));
  return written;
}

/** @param {string} kind */
function entriesOf(kind) {
  return kind === 'esm' ? { ...entries, ...programs } : entries;
}

/**
 * The same in fewer files: what several entries share lies with the first of `SHARED` that needs it, whoever else does.
 * @param {import('esbuild').OutputFile[]} outputs
 * @param {string} dist
 * @param {string[]} names Of entries.
 * @returns {Promise<{ own: string, text: string }[]>} `own`: the path below `dist`.
 */
async function putTogether(outputs, dist, names) {
  const texts = new Map(outputs.map(({ path, text }) => [path, text]));
  /** @type {Map<string, string>} */
  const places = new Map();
  const joining = await rollup({
    input: Object.fromEntries(names.map((name) => [name, join(dist, `${name}.js`)])),
    external: (id) => !id.startsWith('.') && !texts.has(id),
    treeshake: false,
    plugins: [
      {
        name: 'made-by-esbuild',
        // Entries are not looked for on the disk, where the last build's may lie, or nothing yet.
        resolveId: (id, importer) => (importer === undefined ? id : id.startsWith('.') ? join(dirname(importer), id) : undefined),
        load: (id) => texts.get(id),
        buildEnd() {
          for (const [chunk, entry] of Object.entries(SHARED)) reach(join(dist, `${entry}.js`), chunk, this);
        },
      },
    ],
  });
  const { output } = await joining.generate({
    format: 'es',
    entryFileNames: '[name].js',
    chunkFileNames: `${CHUNKS}/[name]-[hash].js`,
    hoistTransitiveImports: false,
    minifyInternalExports: false,
    banner: ({ facadeModuleId }) => /^#!.*\n/.exec(texts.get(facadeModuleId ?? '') ?? '')?.[0] ?? '', // Rollup drops it
    manualChunks: (id) => (names.includes(ownName(id, dist)) ? undefined : places.get(id)),
  });
  await joining.close();
  return output.flatMap((file) => (file.type === 'chunk' ? [{ own: file.fileName, text: file.code }] : []));

  /** @param {string} id @param {string} chunk @param {import('rollup').PluginContext} graph */
  function reach(id, chunk, graph) {
    const module = graph.getModuleInfo(id);
    if (module === null || module.isExternal || places.has(id)) return;
    places.set(id, chunk);
    for (const imported of module.importedIds) reach(imported, chunk, graph);
  }
}

/** @param {string} path @param {string} dist */
function ownName(path, dist) {
  return path
    .slice(dist.length + 1)
    .replaceAll('\\', '/')
    .replace(/\.js$/, '');
}

/** esbuild splits ES modules only; one by one they become CommonJS, `import()` too: not everything that runs CommonJS has it. @param {string} text */
async function required(text) {
  const { code } = await transform(text, { format: 'cjs', platform: 'node', target: TARGET, supported: { 'dynamic-import': false } });
  return code;
}

const VERSION = 'socomm-version';

/** The version from a file of ours, by the shortest way. @param {string} own */
function versionFrom(own) {
  const way = relative(dirname(own), 'src/version.js').replaceAll('\\', '/');
  return way.startsWith('.') ? way : `./${way}`;
}

/** Tests make packages of other versions by changing this one file. */
const versionBeside = {
  name: 'version-beside',
  /** @param {import('esbuild').PluginBuild} building */
  setup(building) {
    building.onResolve({ filter: /\/version\.js$/ }, ({ resolveDir, path }) =>
      join(resolveDir, path) === join(root, 'src/version.js') ? { path: VERSION, external: true } : undefined,
    );
  },
};

/**
 * Of the files that were written, those that ask for their own name are told it as tsc's are (scripts/build.mjs).
 * @param {string[]} files
 */
function nameItself(files) {
  const asks = 'typeof __filename === "string" ? __filename';
  let told = 0;
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    const named = text.replaceAll(`${asks} : void 0`, () => (told++, `${asks} : import.meta.filename`));
    if (named !== text) writeFileSync(file, named);
  }
  if (told !== ASKING) throw new Error(`${told} times a bundled file asks for its own name`);
}
