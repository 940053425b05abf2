/**
 * What a process does on a disk that fails or under a kill at each step: parts of a life, each with what must lie in the store
 * before (`prepare`, run without faults). To add one: a name, and what it does with `Life` (life.mjs). The states that it goes
 * through are noted there, so that whoever opens the store afterwards knows what may be found, and what must.
 */

import { cutManifest, damageSnapshot, turnIntoFormat1 } from './old-stores.mjs';

const ROUNDS = 6;

/** Enough for several snapshots at the size that life.mjs asks for. */
async function write(life, prefix) {
  life.set(`${prefix}-first`, 1);
  await life.flush();
  life.set(`${prefix}-first`, 2);
  life.set(`${prefix}-second`, 's'.repeat(300));
  for (let round = 0; round < ROUNDS; round++) {
    life.set(`${prefix}-body`, String(round).repeat(600));
    life.set(`${prefix}-count`, round);
    await life.flush();
  }
  life.remove(`${prefix}-second`);
  await life.flush();
  life.set(`${prefix}-last`, true);
}

/** One above and one below what goes into a pack; the large one has two pieces. */
const small = (name) => ({ name, bytes: 3_000 });
const large = (name) => ({ name, bytes: 1_200_000 });
const streamed = (name) => ({ ...large(name), isStream: true });

/** @type {Readonly<Record<string, { isDamaged?: boolean, only?: RegExp, prepare?(life: any): Promise<void>, run(life: any): Promise<void> }>>} */
export const SCENARIOS = {
  /** A store is made, written, given snapshots and closed. */
  'a new store': {
    async run(life) {
      await life.join();
      await write(life, 'new');
      await life.close();
    },
  },

  /** A store that was closed in order is opened, written and closed. */
  'a store that was closed': {
    async prepare(life) {
      await life.join();
      await write(life, 'old');
      await life.close();
    },
    async run(life) {
      await life.join();
      await write(life, 'new');
      await life.close();
    },
  },

  /** The writer before was killed: LevelDB brings its log into a table. */
  'a store whose writer was killed': {
    async prepare(life) {
      await life.join();
      await write(life, 'old');
      await life.flush();
      life.die();
    },
    async run(life) {
      await life.join();
      await write(life, 'new');
      await life.close();
    },
  },

  /** Another copy in the same process takes the office over from one that closes. */
  'an office that is handed over': {
    async run(life) {
      await life.join();
      life.set('first', 1);
      await life.flush();
      await life.handOver();
      await write(life, 'new');
      await life.close();
    },
  },

  /** A peer that never writes ends without anybody who does. */
  'a spill': {
    async run(life) {
      await life.joinWithoutWriting();
      life.set('spilled', 1);
      life.set('spilled-too', 's'.repeat(500));
      await life.close();
    },
  },

  /** The next writer takes in what such a one left. */
  'a spill that is taken in': {
    async prepare(life) {
      await life.joinWithoutWriting();
      life.set('spilled', 1);
      life.set('spilled-too', 's'.repeat(500));
      await life.close();
    },
    async run(life) {
      await life.join();
      life.set('new', 1);
      await life.flush();
      await life.takenIn();
      await life.close();
    },
  },

  /** The state of before is kept under a name, and comes back as a change. */
  'a checkpoint and the way back to it': {
    async run(life) {
      await life.join();
      life.set('kept', 1);
      life.set('changed', 1);
      await life.checkpoint('before');
      life.set('changed', 2);
      await life.flush();
      await life.restoreCheckpoint('before');
      await life.flush();
      await life.close();
    },
  },

  /** A backup takes the place of the store that has gone on since. */
  'the restore of a backup': {
    async prepare(life) {
      await life.join();
      await write(life, 'old');
      await life.backup();
      life.set('later', true);
      await life.flush();
      await life.close();
      life.note();
    },
    async run(life) {
      await life.restoreBackup(life.noted());
      await life.join();
      life.set('new', 1);
      await life.flush();
      await life.close();
    },
  },

  /** A store of format 1 is copied and migrated. */
  'a migration': {
    async prepare(life) {
      await life.join();
      await write(life, 'old');
      await life.close();
      await turnIntoFormat1(life);
    },
    async run(life) {
      await life.join();
      await write(life, 'new');
      await life.close();
    },
  },

  /** A chunk of the snapshot does not verify: it goes to quarantine, and the older generation with its log takes its place. */
  'a snapshot that goes into quarantine': {
    isDamaged: true,
    async prepare(life) {
      await life.join();
      await write(life, 'old');
      await life.close();
      await damageSnapshot(life);
    },
    async run(life) {
      await life.join();
      await write(life, 'new');
      await life.close();
    },
  },

  /** LevelDB must not read its files any more: a new database of all that verifies takes their place. */
  'a database that is mended': {
    isDamaged: true,
    async prepare(life) {
      await life.join();
      await write(life, 'old');
      await life.close();
      cutManifest(life);
    },
    async run(life) {
      await life.join();
      life.set('new', 1);
      await life.flush();
      await life.close();
    },
  },

  /** Small ones together and alone, large ones from bytes and from a source, some at once, some that are there already. */
  'blobs that are put': {
    only: /^blobs/,
    async run(life) {
      await life.join();
      await life.put(small('a'), small('b'));
      life.name(small('a'));
      await life.flush();
      await life.put(streamed('c'));
      life.name(large('c'));
      await life.flush();
      await life.put(small('d'), large('e'), small('a'), large('c'));
      await life.put(small('f'));
      await life.close();
    },
  },

  /** Over those of one who was killed while it put some. */
  'blobs beside those of one who was killed': {
    only: /^blobs/,
    async prepare(life) {
      await life.join();
      await life.put(small('a'), large('b'));
      life.name(small('a'));
      await life.flush();
      // Some pieces of both are on the disk.
      void life.put(small('c'), streamed('d'), large('e'));
      await life.halfWritten();
      life.die();
    },
    async run(life) {
      await life.join();
      await life.put(small('c'), large('d'), streamed('e'), small('a'), large('b'));
      await life.put(small('f'));
      await life.close();
    },
  },

  /** What nobody needs is removed: of a pack the rest is copied, a large one goes or gets its name back. */
  'blobs that are collected': {
    only: /^blobs/,
    async prepare(life) {
      await life.join();
      await life.put(small('a'), small('b'), small('c'), small('d'), large('e'), large('f'));
      for (const blob of [small('a'), large('e')]) life.name(blob);
      await life.flush();
      await life.close();
    },
    async run(life) {
      await life.join();
      await life.collect([small('b'), small('c'), small('d'), large('f')], [small('a'), large('e')]);
      await life.put(small('b'), small('g'), large('h'));
      life.name(small('b'));
      await life.flush();
      await life.close();
    },
  },
};
