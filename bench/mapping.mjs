// @ts-check
/**
 * `node bench/mapping.mjs [rounds]`: does memory mapping pay on one machine? Two processes, in alternating rounds, medians.
 *
 *   values   from `set()` in one process until another one sees it: by a subscriber and by `get()` (sockets), by `poll()` and by native code
 *            (mapped); then what a reader pays for 64 values at 60 a second each
 *   frames   a trial that is in no product: a ring in mapped memory with ZeroMQ as its bell, beside ZeroMQ alone
 *
 * What it says, and what followed from it: docs/decisions/0022-values-are-mapped-frames-are-not.md.
 */

import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';

import { Pull, Push } from 'zeromq';

import { float64, join } from '../dist/esm/src/index.js';
import { loadMapping } from '../dist/esm/src/mapped/memory.js';

const ROUNDS = 5;
const SETS = 150;
const GROUP = 'bench.mapping';
const SLOTS = 64;
const HEAD_WORDS = 16;
let asked = 0;

/** `against`: what it is compared with; the ratio says how many times better it is. */
export const questions = [
  { name: 'set → subscriber (sockets)', task: 'seen', options: { way: 'subscribe' }, unit: 'µs' },
  { name: 'set → get(), each turn of the loop (sockets)', task: 'seen', options: { way: 'get' }, unit: 'µs' },
  { name: 'set → poll(), each turn of the loop', task: 'seen', options: { way: 'poll' }, unit: 'µs', against: 1 },
  { name: 'set → poll(), within one turn', task: 'seen', options: { way: 'spin' }, unit: 'µs', against: 1 },
  { name: 'set → native code that polls', task: 'seen', options: { way: 'native' }, unit: 'µs', against: 1 },
  { name: 'reader: CPU for 64 values, 60/s, subscribed', task: 'load', options: { way: 'subscribe' }, unit: '% of a core' },
  { name: 'reader: CPU for 64 values, 60/s, polled', task: 'load', options: { way: 'poll' }, unit: '% of a core', against: 5 },
  ...[100, 2_500, 10_000, 100_000].flatMap((bytes, at) => [
    { name: `frames of ${bytes} B: sockets`, task: 'frames', options: { way: 'socket', bytes }, unit: 'per s' },
    { name: `frames of ${bytes} B: ring and bell`, task: 'frames', options: { way: 'ring', bytes }, unit: 'per s', against: 7 + 2 * at },
  ]),
  { name: 'frame of 100 B there and back: sockets', task: 'echo', options: { way: 'socket', bytes: 100 }, unit: 'µs' },
  { name: 'frame of 100 B there and back: ring and bell', task: 'echo', options: { way: 'ring', bytes: 100 }, unit: 'µs', against: 15 },
];

const [, , role, folder = '', native = ''] = process.argv;

/** @param {number} rounds */
async function main(rounds) {
  const results = await measureMapping({ rounds });
  console.log(
    `Node ${process.version}, ${process.platform}-${process.arch}, ${cpus().length} cores; ${rounds} rounds, after one to warm up\n`,
  );
  for (const { name, unit, figure, ratio, spread } of results) {
    const times = ratio === undefined ? '' : `${ratio.toFixed(2)} × better (${spread})`;
    console.log(`${name.padEnd(52)}${show(figure).padStart(12)} ${unit.padEnd(12)} ${times}`);
  }
}

/** @param {{ rounds: number }} options */
export async function measureMapping({ rounds }) {
  const place = mkdtempSync(joinPath(tmpdir(), 'socomm-m-'));
  const program = compile(place);
  const env = { ...process.env, SOCOMM_DIRECTORY: joinPath(place, 'stores'), SOCOMM_RUNTIME_DIRECTORY: joinPath(place, 'run') };
  const [setter, reader] = ['setter', 'reader'].map((side) => fork(import.meta.filename, [side, place, program ?? ''], { env }));
  if (setter === undefined || reader === undefined) throw new Error('no processes');
  /** @type {number[][]} */
  const figures = questions.map(() => []);
  try {
    const path = await ask(setter, 'open');
    await ask(reader, 'open', { path });
    for (let round = 0; round <= rounds; round++) {
      const order = [...questions.keys()];
      if (round % 2 === 1) order.reverse();
      for (const at of order) {
        const { task = '', options } = questions[at] ?? {};
        if (program === undefined && options?.way === 'native') continue;
        const figure = ask(reader, task, options);
        await ask(reader, 'begun');
        const done = ask(setter, task, options);
        // Of what travels some may be left out: it goes on until enough was seen.
        if (task === 'seen') await figure.then(() => ask(setter, 'stop'));
        await done;
        if (round > 0) figures[at]?.push(await figure);
        else await figure;
      }
    }
    for (const side of [reader, setter]) await ask(side, 'close');
  } finally {
    for (const side of [setter, reader]) side.kill('SIGKILL');
    rmSync(place, { recursive: true, force: true });
  }
  return questions.map(({ name, unit, against }, at) => {
    const mine = figures[at] ?? [];
    const theirs = against === undefined ? [] : (figures[against] ?? []);
    const ratios = mine.map((each, round) => (unit === 'per s' ? each / (theirs[round] ?? NaN) : (theirs[round] ?? NaN) / each));
    const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    return { name, unit, figure: median(mine), ratio: against === undefined ? undefined : median(ratios), spread };
  });
}

/** @param {'setter' | 'reader'} side */
async function serve(side) {
  const tasks = side === 'setter' ? setterTasks() : await readerTasks();
  process.on('message', (/** @type {any} */ { id, task, options }) => {
    void Promise.resolve(tasks[task]?.(options)).then((result) => process.send?.({ id, result }));
  });
}

/** @returns {Record<string, (options: any) => any>} */
function setterTasks() {
  /** @type {any} */
  let instance;
  /** @type {any} */
  let values;
  const setting = { isOn: false };
  /** @type {any} */
  let polled;
  const list = new Float64Array(1);
  const push = new Push({ linger: 0 });
  const back = new Pull({ linger: 0 });
  /** @type {Ring} */
  let ring;
  /** @type {Ring} */
  let ringBack;
  const set = (/** @type {string} */ key) => {
    list[0] = now();
    values.set(key, list);
  };
  return {
    async open() {
      instance = await join(GROUP, { mapped: true });
      values = instance.ephemeral('values', float64(), { perSecondMax: 1000 });
      // Whoever polls these has never asked for what travels.
      polled = instance.ephemeral('polled', float64());
      for (let each = 0; each < 64; each++) {
        set(`k${each}`);
        polled.set(`k${each}`, list);
      }
      await push.bind(`ipc://${folder}/there`);
      await back.bind(`ipc://${folder}/back`);
      [ring, ringBack] = [await Ring.make(joinPath(folder, 'ring')), await Ring.make(joinPath(folder, 'ring-back'))];
      return instance.inspect().mapped.path;
    },
    async seen() {
      setting.isOn = true;
      while (setting.isOn) {
        set('k0');
        await pause(2);
      }
    },
    stop() {
      setting.isOn = false;
    },
    async load({ way }) {
      const kind = way === 'poll' ? polled : values;
      const endsAt = now() + 1_100_000;
      while (now() < endsAt) {
        list[0] = now();
        for (let each = 0; each < 64; each++) kind.set(`k${each}`, list);
        await pause(16);
      }
    },
    async frames({ way, bytes }) {
      const frame = new Uint8Array(bytes).fill(7);
      const count = framesOf(bytes);
      for (let each = 0; each < count; each++) {
        // ZeroMQ may keep what it is given: as a product does, each frame is memory of its own.
        if (way === 'socket') await push.send(frame.slice());
        else {
          while (!ring.put(frame)) await turn();
          if (ring.wantsBell()) await push.send('');
        }
      }
      await push.send('end');
      await back.receive();
    },
    async echo({ way, bytes }) {
      const frame = new Uint8Array(bytes).fill(7);
      const times = [];
      for (let each = 0; each < 400; each++) {
        const start = now();
        if (way === 'socket') await push.send(frame.slice());
        else {
          ring.put(frame);
          await push.send('');
        }
        await back.receive();
        if (way === 'ring') ringBack.take();
        times.push(now() - start);
      }
      await push.send(Float64Array.of(median(times)));
    },
    close: () => instance.close(),
  };
}

/** @returns {Promise<Record<string, (options: any) => any>>} */
async function readerTasks() {
  /** @type {any} */
  let polled;
  /** @type {any} */
  let instance;
  /** @type {any} */
  let values;
  let path = '';
  let from = '';
  let begun = () => {};
  let beginning = Promise.resolve();
  const pull = new Pull({ linger: 0 });
  const push = new Push({ linger: 0 });
  /** @type {Ring} */
  let ring;
  /** @type {Ring} */
  let ringBack;

  /** @type {Record<string, (seen: (value: any) => void, isDone: () => boolean) => Promise<void>>} */
  const ways = {
    async subscribe(seen, isDone) {
      const end = values.subscribe((/** @type {any} */ changes) =>
        changes.forEach((/** @type {any} */ { key, value }) => key === 'k0' && seen(value)),
      );
      begun();
      while (!isDone()) await pause(5);
      end();
    },
    async get(seen, isDone) {
      values.get('k0', from);
      begun();
      for (; !isDone(); await turn()) seen(values.get('k0', from));
    },
    async poll(seen, isDone) {
      begun();
      for (; !isDone(); await turn()) seen(values.poll('k0', from));
    },
    async spin(seen, isDone) {
      begun();
      await pause(2);
      while (!isDone()) seen(values.poll('k0', from));
    },
  };

  return {
    async open(/** @type {any} */ options) {
      path = options.path;
      instance = await join(GROUP, { mapped: true });
      values = instance.ephemeral('values', float64());
      while (values.poll('k0') === undefined || instance.inspect().mapped.others.length === 0) await turn();
      from = instance.inspect().mapped.others[0].instance;
      polled = instance.ephemeral('polled', float64());
      pull.connect(`ipc://${folder}/there`);
      push.connect(`ipc://${folder}/back`);
      [ring, ringBack] = [await Ring.open(joinPath(folder, 'ring')), await Ring.open(joinPath(folder, 'ring-back'))];
      beginning = new Promise((resolve) => (begun = () => resolve(undefined)));
    },
    async begun() {
      await beginning;
      beginning = new Promise((resolve) => (begun = () => resolve(undefined)));
    },
    async seen({ way }) {
      if (way === 'native') return nativeSeen(path, begun);
      /** @type {number[]} */
      const times = [];
      let last = 0;
      const seen = (/** @type {Float64Array | undefined} */ value) => {
        const set = value?.[0] ?? 0;
        if (set === last) return;
        if (last !== 0) times.push(now() - set);
        last = set;
      };
      await ways[way]?.(seen, () => times.length >= SETS);
      return median(times.slice(2));
    },
    async load({ way }) {
      let sum = 0;
      const end =
        way === 'subscribe'
          ? values.subscribe((/** @type {any} */ changes) => changes.forEach((/** @type {any} */ { value }) => (sum += value[0])))
          : () => {};
      await pause(20);
      begun();
      await pause(50);
      const [start, before] = [now(), process.cpuUsage()];
      while (now() - start < 1_000_000) {
        if (way === 'poll') for (let each = 0; each < 64; each++) sum += polled.poll(`k${each}`, from)?.[0] ?? 0;
        await pause(16);
      }
      const { user, system } = process.cpuUsage(before);
      end();
      if (sum === 0) throw new Error('nothing was seen');
      return ((user + system) / (now() - start)) * 100;
    },
    async frames({ way, bytes }) {
      const count = framesOf(bytes);
      let sum = 0;
      begun();
      let start = 0;
      const at = { end: false };
      const bell = async () => {
        const [message] = await pull.receive();
        at.end ||= String(message) === 'end';
      };
      for (let each = 0; each < count;) {
        if (way === 'socket') {
          const [frame] = await pull.receive();
          sum += frame?.at(-1) ?? 0;
          each++;
        } else if (!ring.sleep()) {
          for (let frame = ring.take(); frame !== undefined; frame = ring.take(), each++) sum += frame.at(-1) ?? 0;
        } else await bell();
        if (start === 0) start = now();
      }
      const perSecond = (count / (now() - start)) * 1_000_000;
      if (sum !== 7 * count) throw new Error(`the sum of the frames is ${sum}`);
      // Bells that came for what was taken already.
      while (!at.end) await bell();
      await push.send('');
      return perSecond;
    },
    async echo({ way }) {
      begun();
      for (let each = 0; each < 400; each++) {
        const [frame] = await pull.receive();
        if (way === 'socket') await push.send(frame ?? '');
        else {
          const taken = ring.take();
          if (taken !== undefined) ringBack.put(taken);
          await push.send('');
        }
      }
      const [result] = await pull.receive();
      return result === undefined ? NaN : new Float64Array(new Uint8Array(result).buffer)[0];
    },
    close: () => instance.close(),
  };
}

/** The trial: one writer, one reader, frames of any size up to a slot, copied in and out. Trusts both ends: no product could. */
class Ring {
  static SLOT_BYTES = 128 * 1024;

  /** @param {Int32Array} words */
  constructor(words) {
    this.words = words;
    this.bytes = new Uint8Array(words.buffer);
  }

  /** @param {string} path */
  static async make(path) {
    writeFileSync(path, new Uint8Array(HEAD_WORDS * 4 + SLOTS * Ring.SLOT_BYTES), { mode: 0o600 });
    return Ring.open(path);
  }

  /** @param {string} path */
  static async open(path) {
    const descriptor = openSync(path, 'r+');
    const { words } = (await loadMapping()).map(descriptor, HEAD_WORDS * 4 + SLOTS * Ring.SLOT_BYTES, 'write');
    closeSync(descriptor);
    return new Ring(words);
  }

  /** @param {Uint8Array} frame */
  put(frame) {
    const head = Atomics.load(this.words, 0);
    if (head - Atomics.load(this.words, 1) >= SLOTS) return false;
    const at = HEAD_WORDS * 4 + (head % SLOTS) * Ring.SLOT_BYTES;
    this.words[at / 4] = frame.length;
    this.bytes.set(frame, at + 4);
    Atomics.store(this.words, 0, head + 1);
    return true;
  }

  take() {
    const tail = Atomics.load(this.words, 1);
    if (Atomics.load(this.words, 0) === tail) return undefined;
    const at = HEAD_WORDS * 4 + (tail % SLOTS) * Ring.SLOT_BYTES;
    const frame = this.bytes.slice(at + 4, at + 4 + (this.words[at / 4] ?? 0));
    Atomics.store(this.words, 1, tail + 1);
    return frame;
  }

  /** The reader: whether there is nothing, and the bell will ring for what comes. */
  sleep() {
    Atomics.store(this.words, 2, 1);
    if (Atomics.load(this.words, 0) === Atomics.load(this.words, 1)) return true;
    Atomics.store(this.words, 2, 0);
    return false;
  }

  /** The writer: whether the reader sleeps; then it is to be rung for, once. */
  wantsBell() {
    return Atomics.exchange(this.words, 2, 0) === 1;
  }
}

/** Enough for about a tenth of a second. @param {number} bytes */
function framesOf(bytes) {
  return bytes > 50_000 ? 2_000 : bytes > 5_000 ? 8_000 : 20_000;
}

/** @param {string} path @param {() => void} begun */
async function nativeSeen(path, begun) {
  const child = spawn(native, [path, 'values', 'k0', String(SETS)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
    if (text.includes('ready')) begun();
  });
  await once(child, 'close');
  const times = text.trim().split('\n').slice(1).map(Number);
  return median(times.slice(2));
}

/** The reader in C of examples/, made to tell how long ago each value was set. Undefined without a compiler. @param {string} place */
function compile(place) {
  const program = joinPath(place, 'native');
  const example = new URL('../examples/mapped-reader.c', import.meta.url).pathname;
  const source = `#define main example_main
#include "${example}"
#undef main
#include <time.h>
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e6 + t.tv_nsec / 1e3; }
int main(int count, char **args) {
  struct stat about;
  int file = open(args[1], O_RDONLY);
  fstat(file, &about);
  word *table = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_SHARED, file, 0);
  place at;
  uint32_t sequence, last = 0;
  double value[2048];
  if (count != 5 || !find(table, args[2], args[3], &at)) return 1;
  puts("ready"), fflush(stdout);
  for (long left = atol(args[4]); left > 0;) {
    if (read_value(&at, (uint32_t *)(void *)value, &sequence) != 8 || sequence == last) continue;
    if (last != 0) printf("%f\\n", now() - value[0]), left--;
    last = sequence;
  }
  return 0;
}
`;
  try {
    execFileSync('gcc', ['-std=gnu11', '-O2', '-x', 'c', '-', '-o', program], { input: source });
    return program;
  } catch {
    console.log('no compiler: without native code');
    return undefined;
  }
}

/** Microseconds, the same for all processes. */
function now() {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}

function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** @param {readonly number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** @param {number} figure */
function show(figure) {
  return figure >= 1000 ? Math.round(figure).toLocaleString('en') : figure.toFixed(1);
}

/**
 * @param {import('node:child_process').ChildProcess} side
 * @param {string} task
 * @param {object} [options]
 * @returns {Promise<any>}
 */
function ask(side, task, options = {}) {
  const id = ++asked;
  const answer = new Promise((resolve, reject) => {
    const onMessage = (/** @type {any} */ message) => {
      if (message.id !== id) return;
      side.off('message', onMessage);
      resolve(message.result);
    };
    side.on('message', onMessage);
    side.once('exit', (code, signal) => reject(new Error(`a side ended with ${code ?? signal}`)));
  });
  side.setMaxListeners(Infinity);
  side.send({ id, task, options });
  return answer;
}

// The last: classes are there only now.
if (role === 'setter' || role === 'reader') await serve(role);
else if (process.argv[1] === import.meta.filename) await main(Number(process.argv[2] ?? ROUNDS));
