/**
 * Does memory mapping pay on one machine? What the product has, mapped values beside those that travel; and what it has not, a ring for frames
 * beside bare sockets. What followed from it: docs/decisions/0024-values-are-mapped-frames-are-not.md.
 */

import { alternate, percentile } from '../harness/figures.mjs';
import { compileNativeReader } from '../harness/native-reader.mjs';
import { OURS, fasterThan, row } from '../harness/rows.mjs';

const SUBSCRIBED = 'sockets: a subscriber';
const TIMES = 1.5;
const FRAME_BYTES = [100, 2500, 10_000, 100_000];
const TRIAL = 'ring and bell (a trial)';
const SOCKETS = 'zeromq.js';

export const mapping = {
  name: 'mapping',
  title: 'Memory mapping',
  sizes: { rounds: 3, sets: 200, costMs: 1500, frames: 20_000, trips: 400 },
  smoke: { rounds: 0, sets: 3, costMs: 30, frames: 100, trips: 3 },
  async measure({ start, place, sizes }) {
    const notes = [];
    const rows = [...(await valuesSeen({ start, place, sizes, notes })), ...(await framesCarried({ start, place, sizes }))];
    return { rows, notes };
  },
};

async function valuesSeen({ start, place, sizes: { rounds, sets, costMs }, notes }) {
  const { path: folder, env } = place();
  const native = compileNativeReader(folder);
  if (native === undefined) notes.push('there is no compiler: without native code');
  const [setting, looking] = ['setter', 'reader'].map(() => start('sides/values.mjs', { env }));
  const { path, why } = await setting.ask('open', { folder, isSetter: true });
  await looking.ask('open', { folder, isSetter: false });
  if (why !== undefined) {
    notes.push(`${why}: skipped`);
    return [];
  }
  await looking.ask('meet');

  const seen = (way) => async () => {
    await setting.ask('begin', { way });
    const times = [...(await looking.ask('see', { way, sets, native, path }))];
    await setting.ask('stop');
    return { p50: percentile(times, 50), p99: percentile(times, 99) };
  };
  const delays = await alternate(
    {
      [OURS]: seen('poll'),
      '`poll()` within one turn': seen('pollWithinTurn'),
      ...(native !== undefined && { 'native code': seen('native') }),
      [SUBSCRIBED]: seen('subscribe'),
      'sockets: `get()`, each turn': seen('get'),
      'a bare mapped double': seen('bare'),
    },
    rounds,
  );
  const cost = (way) => async () => {
    await setting.ask('beginMany', { way });
    const share = await looking.ask('cost', { way, ms: costMs });
    await setting.ask('stop');
    return share;
  };
  const costs = await alternate({ [OURS]: cost('poll'), [SUBSCRIBED]: cost('subscribe') }, rounds);
  return [
    row('a mapped value, `set()` → `poll()` in each turn', 'ms', delays, {
      key: 'p50',
      key99: 'p99',
      bars: [fasterThan(delays, SUBSCRIBED, TIMES, 'p50')],
    }),
    row('what a reader of 64 values pays, 60 times a second', '% of a core', costs, {
      bars: [fasterThan(costs, SUBSCRIBED, TIMES, undefined, `at least ${TIMES} × less than ${SUBSCRIBED}`)],
    }),
  ];
}

async function framesCarried({ start, place, sizes: { rounds, frames, trips } }) {
  const { path: folder } = place();
  const [here, there] = ['a', 'b'].map(() => start('sides/frames.mjs'));
  await here.ask('begin', { folder });
  await there.ask('follow', { folder });
  const rate = (way, bytes) => async () => {
    const many = Math.ceil(bytes > 5000 ? frames / (bytes > 50_000 ? 10 : 2.5) : frames);
    await there.ask('receive', { way, frames: many });
    const startedAt = await here.ask('send', { way, bytes, frames: many });
    const { sum, endedAt } = await there.ask('received');
    if (sum !== 7 * many) throw new Error(`the sum of the frames is ${sum}`);
    return many / ((endedAt - startedAt) / 1000);
  };
  const rows = [];
  for (const bytes of FRAME_BYTES) {
    const rates = await alternate({ [TRIAL]: rate('ring', bytes), [SOCKETS]: rate('socket', bytes) }, rounds);
    rows.push(row(`frames of ${bytes.toLocaleString('en')} B, 1 → 1`, 'per s', rates));
  }
  const trip = (way) => async () => {
    await there.ask('echo', { way, count: trips });
    const ms = await here.ask('ping', { way, bytes: 100, count: trips });
    await there.ask('received');
    return ms;
  };
  const back = await alternate({ [TRIAL]: trip('ring'), [SOCKETS]: trip('socket') }, rounds);
  return [...rows, row('a frame of 100 B, there and back', 'ms', back)];
}
