/**
 * A process of a host with many copies of a plugin: instances of one group, each with the preset library open. Over the IPC channel as
 * test/process/member.mjs speaks: { id, method, parameters } → { id, value } or { id, error }.
 */

import { join } from '../../dist/esm/src/index.js';
import { importPresets, openLibrary } from '../../dist/esm/src/library/index.js';

/** @type {any[]} */
const instances = [];
/** @type {any[]} */
const libraries = [];
const problems = [];
const now = () => performance.timeOrigin + performance.now();
const turn = () => new Promise((resolve) => void setImmediate(resolve));
/** When a name was seen first, by which of the libraries. */
const seen = new Map();
let importing;

const commands = {
  async open({ count, directory, runtimeDirectory, storage = 'auto' }) {
    const startedAt = now();
    for (let at = 0; at < count; at++) {
      const instance = await join('com.acme.synth', { directory, runtimeDirectory, storage });
      instance.on('warning', ({ code, message }) => problems.push(`${code}: ${message}`));
      instances.push(instance);
      const library = await openLibrary(instance);
      const index = libraries.push(library) - 1;
      library.on('changed', ({ updated }) => {
        const at = now();
        for (const [id, fields] of updated) {
          if (fields.has('name'))
            (seen.get(library.get(id)?.name) ?? seen.set(library.get(id)?.name, new Map()).get(library.get(id)?.name)).set(index, at);
        }
      });
    }
    await Promise.all(libraries.map((library) => library.ready()));
    return { ms: now() - startedAt, sizes: libraries.map((library) => library.list().length) };
  },
  rename({ at, id, name }) {
    const startedAt = now();
    libraries[at].rename(id, name);
    return startedAt;
  },
  /** When each of the libraries here saw the name, by its number; undefined for those that have not. */
  seen: ({ name }) => libraries.map((_, index) => seen.get(name)?.get(index) ?? null),
  ids: ({ limit = Infinity }) =>
    libraries[0]
      .list()
      .slice(0, limit)
      .map(({ id }) => id),
  role: () => instances[0].role,
  digest: () =>
    instances[0]
      .inspect()
      .documents.map(({ document, digest }) => [document, digest])
      .toSorted(),
  problems: () => problems,
  favourites: ({ ids }) => ids.map((id) => libraries[0].get(id)?.favourite),
  /** Toggles the presets one after the other, over and over, and lets the loop turn in between. Returns what it said last of each. */
  async storm({ ids, rounds, seed }) {
    const last = {};
    let state = seed;
    for (let round = 0; round < rounds; round++) {
      for (const id of ids) {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        last[id] = state % 3 !== 0;
        libraries[0].setFavourite(id, last[id]);
      }
      await turn();
    }
    return last;
  },
  favourite: ({ ids, on }) => libraries[0].setFavourite(ids, on),
  async import({ paths }) {
    const { read, added, changed, unchanged, problems: wrong, longestSliceMs } = await importPresets(libraries[0], paths);
    return { read, added, changed, unchanged, problems: wrong.length, longestSliceMs };
  },
  /** Begins, and says how far it has come when so many are in. */
  async beginImport({ paths, until }) {
    await new Promise((resolve, reject) => {
      importing = importPresets(libraries[0], paths, { onProgress: ({ added }) => void (added >= until && resolve(added)) });
      importing.catch(reject);
    });
  },
  async endImport() {
    const { read, added, changed, unchanged } = await importing;
    return { read, added, changed, unchanged };
  },
  /** After a flush: what is durable, by id and name. */
  async acknowledged() {
    const before = libraries[0].list().map(({ id }) => id);
    await instances[0].flush();
    return before;
  },
  /** Presets that are shown as complete, and how many of those have no body to be read. */
  async bodies() {
    const presets = libraries[0].list();
    let halves = 0;
    for (const { id, isComplete } of presets) {
      if (!isComplete) continue;
      await libraries[0].body(id).catch(() => halves++);
    }
    return { count: presets.length, incomplete: presets.filter(({ isComplete }) => !isComplete).length, halves };
  },
  async edit({ prefix, count }) {
    const ids = libraries[0].list().map(({ id }) => id);
    for (let at = 0; at < count; at++) {
      if (at % 5 === 4) await libraries[0].add({ name: `${prefix} ${at}` }, { body: { at } });
      else libraries[0].tag(ids[at], `${prefix}-${at}`);
    }
    await instances[0].flush();
  },
  tagsOf: ({ prefix }) => libraries[0].list().flatMap(({ name, tags }) => [...tags, name].filter((text) => text.startsWith(prefix))),
  async close() {
    await Promise.all(libraries.map((library) => library.close()));
    await Promise.all(instances.map((instance) => instance.close()));
    setImmediate(() => process.disconnect?.());
  },
};

process.on('message', (message) => void answer(message));

async function answer({ id, method, parameters }) {
  const reply = (message) => process.connected && process.send?.(message, () => undefined);
  try {
    reply({ id, value: await commands[method](parameters) });
  } catch (error) {
    reply({ id, error: { name: error.name, code: error.code, message: error.stack ?? String(error) } });
  }
}
process.on('disconnect', () => void (instances.some(({ status }) => status === 'open') && process.exit(1)));
