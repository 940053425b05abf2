/**
 * A process that shares ephemeral values which are mapped, and one that sees them. Each value is the time at which it was set. The setter
 * sets until it is told to stop, whoever looks: so nobody waits for a word of somebody who looks without a pause, and hears nothing meanwhile.
 */

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { promisify } from 'node:util';

import { float64, join } from '../../dist/esm/src/index.js';
import { begun, pause, serve, sharedMs, turn } from '../harness/serve.mjs';
import { mapWords } from './ring.mjs';

const KEYS = 64;
const PAUSE_MS = 2;
const FRAME_MS = 16;
const LOOK_MS_MAX = 20_000;
const WORDS_BYTES = 4096;

let instance;
/** `values` travel to whoever subscribes; of `polled` nobody has ever asked for what travels. */
let values;
let polled;
let from;
/** A bare double, and a count beside it: what mapped memory does by itself. */
let bare;
let count;
const setting = { isOn: false, done: undefined };

serve({
  /** Says where the values are mapped; undefined, with why, where they are not. */
  async open({ folder, isSetter }) {
    instance = await join('bench', { mapped: true });
    [values, polled] = [instance.ephemeral('values', float64(), { perSecondMax: 1000 }), instance.ephemeral('polled', float64())];
    const file = joinPath(folder, 'bare');
    if (isSetter) {
      for (let each = 0; each < KEYS; each++) for (const kind of [values, polled]) kind.set(`k${each}`, Float64Array.of(1));
      writeFileSync(file, new Uint8Array(WORDS_BYTES));
    }
    const { isMapped, text, path } = instance.inspect().mapped;
    if (isMapped) count = await mapWords(file, WORDS_BYTES);
    if (isMapped) bare = new Float64Array(count.buffer, 64, 1);
    return { path, why: isMapped ? undefined : text };
  },
  async meet() {
    while (values.poll('k0') === undefined || instance.inspect().mapped.others.length === 0) await turn();
    from = instance.inspect().mapped.others[0].instance;
  },

  begin({ way }) {
    setting.isOn = true;
    setting.done = begun((way === 'bare' ? setBare : setValue)());
  },
  beginMany({ way }) {
    setting.isOn = true;
    setting.done = begun(setMany(way === 'poll' ? polled : values));
  },
  stop() {
    setting.isOn = false;
    return setting.done();
  },

  /** Milliseconds since each of so many values was set, when it was seen. */
  async see({ way, sets, native, path }) {
    if (way === 'native') return seeNatively(native, path, sets);
    const times = [];
    let last;
    const seen = (set) => {
      if (set === undefined || set === last) return;
      // The first may have lain there for a while.
      if (last !== undefined) times.push(sharedMs() - set);
      last = set;
    };
    await looks[way](seen, () => times.length >= sets);
    return times;
  },

  /** Of the processor, while 64 values come 60 times a second. */
  async cost({ way, ms }) {
    let sum = 0;
    const take = (changes) => changes.forEach(({ value }) => (sum += value?.[0] ?? 0));
    const end = way === 'subscribe' ? values.subscribe(take) : () => undefined;
    await pause(100);
    const [startedAt, before] = [sharedMs(), process.cpuUsage()];
    while (sharedMs() - startedAt < ms) {
      if (way === 'poll') for (let each = 0; each < KEYS; each++) sum += polled.poll(`k${each}`, from)?.[0] ?? 0;
      await pause(FRAME_MS);
    }
    const { user, system } = process.cpuUsage(before);
    end();
    if (sum === 0) throw new Error('nothing was seen');
    return ((user + system) / 1000 / (sharedMs() - startedAt)) * 100;
  },

  close: () => instance.close(),
});

const looks = {
  async subscribe(seen, isDone) {
    const end = values.subscribe((changes) => changes.forEach(({ key, value }) => key === 'k0' && seen(value?.[0])), { from });
    await until(isDone, () => pause(PAUSE_MS));
    end();
  },
  get: (seen, isDone) => until(isDone, turn, () => seen(values.get('k0', from)?.[0])),
  poll: (seen, isDone) => until(isDone, turn, () => seen(values.poll('k0', from)?.[0])),
  pollWithinTurn: (seen, isDone) => until(isDone, undefined, () => seen(values.poll('k0', from)?.[0])),
  bare(seen, isDone) {
    let known = Atomics.load(count, 0);
    return until(isDone, undefined, () => {
      if (Atomics.load(count, 0) === known) return;
      known = Atomics.load(count, 0);
      seen(bare[0]);
    });
  },
};

/** Without `between` within one turn of the loop: nothing arrives meanwhile. */
async function until(isDone, between, look = () => undefined) {
  const endsAt = sharedMs() + LOOK_MS_MAX;
  while (!isDone()) {
    look();
    if (between !== undefined) await between();
    if (sharedMs() > endsAt) throw new Error(`what was set was not seen within ${LOOK_MS_MAX} ms`);
  }
}

async function setValue() {
  const list = new Float64Array(1);
  while (setting.isOn) {
    list[0] = sharedMs();
    values.set('k0', list);
    await pause(PAUSE_MS);
  }
}

async function setBare() {
  while (setting.isOn) {
    bare[0] = sharedMs();
    Atomics.add(count, 0, 1);
    await pause(PAUSE_MS);
  }
}

async function setMany(kind) {
  const list = new Float64Array(1);
  while (setting.isOn) {
    list[0] = sharedMs();
    for (let each = 0; each < KEYS; each++) kind.set(`k${each}`, list);
    await pause(FRAME_MS);
  }
}

async function seeNatively(native, path, sets) {
  const { stdout } = await promisify(execFile)(native, [path, 'values', 'k0', String(sets)], { timeout: LOOK_MS_MAX });
  return stdout.trim().split('\n').map(Number);
}
