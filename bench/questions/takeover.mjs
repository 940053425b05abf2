/** After `kill -9` of the one who writes: how long until somebody's work is acknowledged again, and what of the acknowledged work is gone. */

import { join as joinPath } from 'node:path';

import { OURS, atMostPlus, row } from '../harness/rows.mjs';
import { pause, turn } from '../harness/serve.mjs';
import { MORE_MS, PEERS, PRESETS, TIMES_BARE, measureTakeovers } from '../takeover.mjs';

const LIMIT = 'lock + open + synced put';
const RAVE = 'rave-level';
const ELECTION = 'broadcast-channel';
/** So long everybody works on after a kill. */
const WORK_MS = 250;

export const takeover = {
  name: 'takeover',
  title: 'Takeover',
  sizes: { kills: 12, elections: 2, losses: 8 },
  smoke: { kills: 1, elections: 1, losses: 1, presets: 100, processes: 3 },
  async measure({ start, place, peers, sizes: { kills, elections, losses, presets = PRESETS, processes = PEERS } }) {
    const half = Math.ceil(kills / 2);
    const [first, rave, second] = [
      await measureTakeovers({ kills: half, presets, peers: processes }),
      peers ? await raveTakeovers({ start, place, kills, presets, processes }) : undefined,
      half < kills ? await measureTakeovers({ kills: kills - half, presets, peers: processes }) : { takeoversMs: [], baresMs: [] },
    ];
    const figures = {
      [OURS]: [...first.takeoversMs, ...second.takeoversMs],
      [LIMIT]: [...first.baresMs, ...second.baresMs],
      ...(rave !== undefined && { [RAVE]: rave }),
      ...(peers && { [`${ELECTION} (a leader, nothing written)`]: await electionTakeovers({ start, elections }) }),
    };
    const lost = {
      [OURS]: await lostAfterKills({ start, place, losses, processes, file: 'sides/takeover.mjs' }),
      ...(peers && { [RAVE]: await lostAfterKills({ start, place, losses, processes, file: 'peers/rave-level-side.mjs' }) }),
    };
    const said = Object.entries(lost).map(([way, { acknowledged, missing }]) => [
      way,
      `${missing} of ${acknowledged.toLocaleString('en')}`,
    ]);
    return {
      rows: [
        row(`\`kill -9\` of the writer of ${processes} to the next durable acknowledgement`, 'ms', figures, {
          bars: [atMostPlus(figures, LIMIT, TIMES_BARE, MORE_MS)],
        }),
        {
          what: `acknowledged and gone after ${losses} kills at work`,
          told: {
            ours: said[0][1],
            beside: said
              .slice(1)
              .map((each) => each.join(' '))
              .join(' · '),
          },
          bars: [{ text: 'nothing', isMet: lost[OURS].missing === 0 }],
        },
      ],
    };
  },
};

/** The same course with rave-level: as many processes and keys, each kill followed by a new process. Its followers' puts are not synced: it does not hand `sync` on. */
async function raveTakeovers({ start, place, kills, presets, processes }) {
  const group = await openAll({ start, processes, file: 'peers/rave-level-side.mjs', options: { folder: place().path } });
  await group.sides[0].ask('fill', { presets });
  const times = [];
  for (let round = 0; round <= kills; round++) {
    const leading = await group.writer();
    const followers = group.sides.filter((side) => side !== leading);
    await Promise.all(followers.map((side, at) => side.ask('put', { key: `here-${at}`, value: String(round) })));
    const ms = await followers[round % followers.length].ask('kill', { pid: leading.pid, value: round });
    if (round > 0) times.push(ms);
    await group.replace(leading);
  }
  await group.end();
  return times;
}

/** Until one of the others says that it leads. */
async function electionTakeovers({ start, elections }) {
  const options = { name: `socomm-bench-${process.pid}` };
  const group = await openAll({ start, processes: 3, file: 'peers/election-side.mjs', options });
  const times = [];
  for (let round = 0; round < elections; round++) {
    const leading = await group.writer();
    const followers = group.sides.filter((side) => side !== leading);
    const startedAt = performance.now();
    void leading.kill();
    await Promise.race(followers.map((side) => side.ask('leads').catch(() => new Promise(() => undefined))));
    times.push(performance.now() - startedAt);
    await group.replace(leading);
  }
  await group.end();
  return times;
}

/** All write, one after the other as each is acknowledged; the writer is killed again and again; at the end a newcomer looks for what was acknowledged. */
async function lostAfterKills({ start, place, losses, processes, file }) {
  const { path, env } = place();
  let names = 0;
  const acknowledged = new Map();
  const group = await openAll({ start, processes, file, env, options: { folder: joinPath(path, 'rave') } });
  const begin = async (side) => {
    side.name = `w${names++}`;
    await side.ask('work', { name: side.name });
  };
  for (const side of group.sides) await begin(side);
  for (let kill = 0; kill < losses; kill++) {
    await pause(WORK_MS);
    const leading = await group.writer();
    acknowledged.set(leading.name, await leading.ask('acknowledged'));
    await leading.kill();
    await begin(await group.replace(leading));
  }
  await pause(WORK_MS);
  await Promise.all(group.sides.map(async (side) => void acknowledged.set(side.name, await side.ask('stop'))));
  const [reading] = await group.open(1);
  const keys = [...acknowledged].flatMap(([name, count]) => Array.from({ length: count }, (_, at) => `${name}-${at}`));
  const missing = await reading.ask('missing', { keys });
  await group.end();
  return { acknowledged: keys.length, missing };
}

async function openAll({ start, processes, file, env = {}, options }) {
  const sides = [];
  const group = {
    sides,
    async open(count) {
      const opened = Array.from({ length: count }, () => start(file, { env }));
      for (const side of opened) await side.ask('open', options);
      return opened;
    },
    async writer() {
      for (;;) {
        for (const side of sides) if (await side.ask('isWriter')) return side;
        await turn();
      }
    },
    async replace(gone) {
      await gone.ended;
      sides.splice(sides.indexOf(gone), 1);
      const [side] = await group.open(1);
      sides.push(side);
      return side;
    },
    end: () => Promise.all(sides.map((side) => side.kill())),
  };
  sides.push(...(await group.open(processes)));
  return group;
}
