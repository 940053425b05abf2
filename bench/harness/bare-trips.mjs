/** The limit of a round trip: two processes with bare sockets of zeromq.js, each of which applies what it receives. */

/** So much load can the third make, in all rounds together. */
const LOADED_UPDATES = 120_000;

/** The same between two processes with bare sockets; `third()` starts the one that makes the load. */
export async function startBareTrips({ start, place, updates }) {
  const { path: folder } = place();
  const open = async (name, count) => {
    const side = start('sides/zeromq.mjs');
    await side.ask('open', { folder, name, count });
    return side;
  };
  const [asking, answering] = [await open('a', updates), await open('b', updates)];
  await answering.ask('connect', { folder, others: ['a', 'c'], role: 'echo' });
  await asking.ask('connect', { folder, others: ['b', 'c'], role: 'ask' });
  let from = 0;
  return {
    asking,
    answering,
    third: () => open('c', LOADED_UPDATES),
    async ping(count) {
      const times = await asking.ask('ping', { count, from });
      from += count;
      return times;
    },
  };
}
