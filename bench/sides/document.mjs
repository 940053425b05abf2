/**
 * A process that has one shared document, whoever shares it: `open` names the way. What is measured is the same for all ways, line by line.
 */

import { writeFileSync } from 'node:fs';

import { memoryNow, pause, serve, sharedMs, turn } from '../harness/serve.mjs';
import { editingTasks } from './edits.mjs';
import { presetBody, presetOf } from './presets.mjs';

const KEYS = 64;
const BODIES = 512;
const FILLED_AT_ONCE = 1000;
const MARK = 'through';

let opened;
let map;
let stopLoad = () => undefined;
let through;

serve({
  ...editingTasks(() => opened),
  /** Modules that `open` would load first. */
  async load({ way }) {
    const { load } = await wayOf(way);
    await load?.();
  },

  async open({ way, ...options }) {
    const { openDocument } = await wayOf(way);
    const startedAt = performance.now();
    opened = await openDocument(options);
    const ms = performance.now() - startedAt;
    map = opened.doc.getMap('bench');
    return ms;
  },

  /** Until so many others are there. Who cannot say is not asked. */
  async meet({ peers }) {
    while ((opened.peersKnown() ?? peers) < peers) await pause(5);
    await opened.flush?.();
  },

  size: ({ name }) => opened.doc.getMap(name).size,

  async fill({ presets }) {
    const filled = opened.doc.getMap('presets');
    for (let from = 0; from < presets; from += FILLED_AT_ONCE) {
      opened.doc.transact(() => {
        for (let index = from; index < Math.min(presets, from + FILLED_AT_ONCE); index++) filled.set(`preset-${index}`, presetOf(index));
      });
      await turn();
    }
    await opened.flush?.();
  },

  /** Says how many bytes the state has. */
  async compact() {
    await opened.instance.compact();
    return opened.state().length;
  },

  /** Kills the writer, and says how long it takes until a change that was made right then is durable. */
  async kill({ pid }) {
    const startedAt = performance.now();
    process.kill(pid, 'SIGKILL');
    map.set('after', startedAt);
    await opened.flush();
    return performance.now() - startedAt;
  },
  isWriter: () => opened.instance.role === 'writer',

  /** The whole state, as bytes for whoever is measured beside. */
  state({ file }) {
    writeFileSync(file, opened.state());
    return file;
  },

  /** Answers each ping with a pong. */
  echo() {
    map.observe(({ keysChanged, transaction }) => {
      // Not within the observer: that would be a part of the transaction that brought it.
      if (!transaction.local && keysChanged.has('ping')) queueMicrotask(() => map.set('pong', map.get('ping')));
    });
  },

  /** `count` round trips, one after the other, in milliseconds. */
  async ping({ count }) {
    let answered;
    const onChange = ({ keysChanged, transaction }) => {
      if (!transaction.local && keysChanged.has('pong')) answered();
    };
    map.observe(onChange);
    const times = new Float64Array(count);
    for (let each = 0; each < count; each++) {
      const startedAt = performance.now();
      await new Promise((resolve) => {
        answered = resolve;
        map.set('ping', each);
      });
      times[each] = performance.now() - startedAt;
      // Quiet means that nothing of the one before is still under way.
      await turn();
    }
    map.unobserve(onChange);
    return times;
  },

  /** So many updates every 10 ms, until told to stop. */
  load_begin({ perSecond }) {
    let set = 0;
    const timer = setInterval(() => {
      for (let each = 0; each < perSecond / 100; each++, set++) map.set(`load-${set % KEYS}`, set);
    }, 10);
    stopLoad = () => {
      clearInterval(timer);
      return set;
    };
  },
  load_end: () => stopLoad(),

  /** Single updates, so many a turn of the loop; then the mark. `kind`: a key with a number, or a whole preset. */
  async burst({ updates, perTurn, kind, mark, isDurable = false, flushesMax = 16 }) {
    const bodies = kind === 'preset' ? Array.from({ length: BODIES }, (_, at) => presetBody(at)) : [];
    const flushes = new Set();
    const startedAt = sharedMs();
    for (let set = 0; set < updates;) {
      for (let each = 0; each < perTurn && set < updates; each++, set++) {
        if (kind === 'preset') map.set(`preset-${set % BODIES}`, bodies[set % BODIES]);
        else map.set(`key-${set % KEYS}`, set);
      }
      if (isDurable) {
        const flush = opened.flush().then(() => flushes.delete(flush));
        flushes.add(flush);
        if (flushes.size >= flushesMax) await Promise.race(flushes);
      }
      await turn();
    }
    map.set(`${MARK}-${mark}`, updates);
    if (isDurable) await opened.flush();
    return { startedAt, endedAt: sharedMs() };
  },

  /** Answered at once: from here on these marks are looked out for. */
  awaitMarks({ marks }) {
    through = new Promise((resolve) => {
      const missing = new Set(marks.map((mark) => `${MARK}-${mark}`));
      const onChange = ({ keysChanged }) => {
        for (const key of keysChanged) missing.delete(key);
        if (missing.size > 0) return;
        map.unobserve(onChange);
        resolve(sharedMs());
      };
      map.observe(onChange);
    });
  },
  /** When the last of them was here. */
  through: () => through,

  /** Milliseconds of each `set` and its `flush()`. */
  async flush({ count }) {
    const times = new Float64Array(count);
    for (let each = 0; each < count; each++) {
      const startedAt = performance.now();
      map.set('flushed', each);
      await opened.flush();
      times[each] = performance.now() - startedAt;
      await turn();
    }
    return times;
  },

  bytes: () => opened.bytes(),
  memory: memoryNow,
  close: () => opened?.close(),
});

/** Ours and Yjs alone lie in ways/; who is in bench/peers must find his own Yjs there. */
function wayOf(way) {
  return import(`../${way}.mjs`);
}
