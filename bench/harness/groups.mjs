/** Processes that share one document, in one way: ours, or a peer's with its server. */

const FILES = {
  socomm: { way: 'ways/socomm' },
  'y-websocket': { way: 'peers/y-websocket', server: 'peers/y-websocket-server.mjs' },
  Hocuspocus: { way: 'peers/hocuspocus', server: 'peers/hocuspocus-server.mjs' },
};

/** The ways that can be measured here. */
export function waysOf({ peers }, wanted = Object.keys(FILES)) {
  return wanted.filter((way) => FILES[way].server === undefined || peers);
}

/**
 * Starts a group of so many processes, the first before the others: with us it is the one that writes the store.
 * `add()` starts a further one; with `join: false` it has loaded its modules and waits for `open`.
 */
export async function startGroup(way, { start, place, processes = 1, room = 'bench' }) {
  const { way: file, server: serverFile } = FILES[way];
  const env = serverFile === undefined ? place().env : {};
  const server = serverFile === undefined ? undefined : start(serverFile);
  const options = { way: file, room, port: await server?.ask('open') };
  const sides = [];
  const group = {
    sides,
    env,
    pids: () => [...(server === undefined ? [] : [server.pid]), ...sides.map(({ pid }) => pid)],
    /** A process that is not in `sides`, and has not joined. */
    async prepare({ execArgv = [] } = {}) {
      const side = start('sides/document.mjs', { env, execArgv });
      await side.ask('load', options);
      return side;
    },
    open: (side) => side.ask('open', options),
    async add(count) {
      const more = await Promise.all(Array.from({ length: count }, () => group.prepare()));
      await Promise.all(more.map((side) => group.open(side)));
      sides.push(...more);
      await Promise.all(sides.map((side) => side.ask('meet', { peers: sides.length - 1 })));
    },
  };
  await group.add(1);
  if (processes > 1) await group.add(processes - 1);
  return group;
}

let marks = 0;

/** Updates per second from the first `set` of the first of them until the last of `readers` has had all. */
export async function burstRate(writers, readers, { updates, ...options }) {
  const each = writers.map((side) => ({ side, mark: String(marks++) }));
  // Who looks out for a mark only when it has come waits for ever.
  const marksFor = (side) => each.filter((one) => one.side !== side).map(({ mark }) => mark);
  await Promise.all(readers.map((side) => side.ask('awaitMarks', { marks: marksFor(side) })));
  const heard = readers.map((side) => side.ask('through'));
  const share = Math.ceil(updates / writers.length);
  const sent = await Promise.all(each.map(({ side, mark }) => side.ask('burst', { updates: share, mark, ...options })));
  const endedAt = Math.max(...(await Promise.all(heard)));
  const startedAt = Math.min(...sent.map((one) => one.startedAt));
  return (share * writers.length) / ((endedAt - startedAt) / 1000);
}
