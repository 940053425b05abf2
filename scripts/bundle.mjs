// @ts-check
/**
 * Makes few files of many: what is published, and what a process loads when it starts (why: docs/decisions/0022-few-files.md). Each entry of the package
 * takes the place of what tsc made of the same source, and what entries share lies in `chunks/`, so that nothing is loaded twice in one process.
 * Packages stay outside, and so does the version, which is the one thing that is told by a file of its own.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build, transform } from 'esbuild';

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

/** What there must be after a build, as paths below `dist/<kind>`. @param {string} kind */
export function bundledEntries(kind) {
  return Object.keys(kind === 'esm' ? { ...entries, ...programs } : entries).map((path) => `${path}.js`);
}

/**
 * Writes the files of one kind, and returns their paths below `dist/<kind>`.
 * @param {'esm' | 'cjs'} kind
 * @returns {Promise<string[]>}
 */
export async function bundle(kind) {
  const { outputFiles } = await build({
    entryPoints: [
      ...Object.entries(kind === 'esm' ? { ...entries, ...programs } : entries).map(([out, path]) => ({ in: join(root, path), out })),
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
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    const own = path.slice(dist.length + 1).replaceAll('\\', '/');
    const whole = text.replaceAll('"socomm-version"', JSON.stringify(versionFrom(own)));
    writeFileSync(path, kind === 'esm' ? whole : await required(whole));
    written.push(own);
  }
  if (kind === 'esm') nameItself(written.map((path) => join(dist, path)));
  return written;
}

/** esbuild splits ES modules only; one by one they become CommonJS, `import()` too: not everything that runs CommonJS has it. @param {string} text */
async function required(text) {
  const { code } = await transform(text, { format: 'cjs', platform: 'node', target: TARGET, supported: { 'dynamic-import': false } });
  return code;
}

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
      join(resolveDir, path) === join(root, 'src/version.js') ? { path: 'socomm-version', external: true } : undefined,
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
