/**
 * One process of a scenario: it says each change before it makes it, and each acknowledgement before it goes on, a line each, by a
 * synchronous write to standard output: what stands there has happened, whatever came next.
 *
 *   did <state>      the content after the change that follows
 *   ack <n> <term>   the content after the n-th change is durable
 *   refused <code>   a join or a flush was refused
 *   freed            the disk works again from here on (where it had failed)
 *   kept <name>      a checkpoint is
 *   putting <n> <b>  the blob of that name and so many bytes (blob-content.mjs) is put from here on
 *   put <n>          … and its put has resolved
 *   leaving <n>      it may be collected from here on
 *   closed           closed in order
 *
 * Started with { build, other, inner, scenario, part, directory, runtimeDirectory, marker } as JSON: `inner` is the build whose inner
 * modules a scenario may ask for; `marker` is the file that makes the disk fail; after the first refusal it is removed, as somebody who
 * makes room would do.
 */

import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join as joinPath } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { contentOf, hashOf, inPieces } from './blob-content.mjs';
import { SCENARIOS } from './scenarios.mjs';

const GROUP = 'com.acme.synth';
const BACKUP = 'backup.socomm';
const NOTE = 'left.json';
/** So that a life of some writes sees snapshots. */
const LOG_BYTES_BEFORE_SNAPSHOT = 2000;
/** How long a disk that failed is waited for before it is freed. */
const REFUSAL_MS = 700;
/** Within which a group must have gone on by itself once the disk works. */
const RECOVERY_MS = 20_000;
const ATTEMPT_PAUSE_MS = 100;

/** What the calls during a method of the store are made for. */
const PURPOSES = {
  open: 'opening',
  append: (_, records) => (records.some(({ isTakeover }) => isTakeover) ? 'takeover' : 'batch'),
  replace: 'snapshot',
  announceOwner: 'term',
  close: 'closing',
};

const order = JSON.parse(process.argv[2]);
const say = (line) => void writeSync(1, `${line}\n`);

class Life {
  #state;
  #count = 0;
  #instance;
  #isWarned = false;
  /** @readonly */
  #kept = new Map();

  async join(build = order.build, storage = 'auto') {
    const { join } = await load(build);
    const { directory, runtimeDirectory } = order;
    const endsAt = performance.now() + RECOVERY_MS;
    for (;;) {
      try {
        this.#instance = await join(GROUP, { directory, runtimeDirectory, storage, replica: 'own' });
        break;
      } catch (error) {
        this.#refused(error);
        if (performance.now() > endsAt) throw error;
        // Whoever could not join tries again, as a user would.
        await pause(ATTEMPT_PAUSE_MS);
      }
    }
    assert.ok(watched.has(build), `nothing of ${build} is watched`);
    this.#instance.on('warning', ({ code, message }) => {
      this.#isWarned = true;
      say(`warning ${code} ${message}`);
    });
    const found = this.#instance.doc.getMap('presets').toJSON();
    // Whoever joins later finds what the one before had.
    if (this.#state !== undefined) assert.deepEqual(found, this.#state);
    else say(`did ${JSON.stringify(found)}`);
    this.#state = found;
  }

  set(key, value) {
    this.#change({ ...this.#state, [key]: value }, (presets) => presets.set(key, value));
  }

  remove(key) {
    const { [key]: _, ...rest } = this.#state;
    this.#change(rest, (presets) => presets.delete(key));
  }

  #change(state, make) {
    this.#state = state;
    this.#count++;
    say(`did ${JSON.stringify(state)}`);
    this.#instance.transact(() => make(this.#instance.doc.getMap('presets')));
  }

  async flush() {
    const count = this.#count;
    const endsAt = performance.now() + RECOVERY_MS;
    for (;;) {
      try {
        const { term } = await this.#instance.flush({ timeoutMs: isFailing() ? REFUSAL_MS : Math.max(1, endsAt - performance.now()) });
        say(`ack ${count} ${term}`);
        return;
      } catch (error) {
        this.#refused(error);
        if (performance.now() > endsAt) throw error;
        await pause(ATTEMPT_PAUSE_MS);
      }
    }
  }

  /** A second copy joins, the first one closes. */
  async handOver() {
    const first = this.#instance;
    await this.join(order.other);
    await first.close();
  }

  /** A peer that never writes, and finds nobody who does: what it has at its end is spilled. */
  joinWithoutWriting() {
    return this.join(order.build, 'never');
  }

  /** Until what others spilled has been taken in and removed. That it cannot be is a warning, for nobody waits for it but us. */
  async takenIn() {
    const endsAt = performance.now() + RECOVERY_MS;
    while (readdirSync(joinPath(order.directory, 'spill')).length > 0) {
      if (this.#isWarned) free();
      if (performance.now() > endsAt) throw new Error('the spills are not taken in');
      await pause(ATTEMPT_PAUSE_MS);
    }
  }

  /** Keeps the state of now; its name is said once it is kept. */
  async checkpoint(name) {
    await this.#insist(() => this.#instance.checkpoint(name));
    this.#kept.set(name, this.#state);
    say(`kept ${name}`);
  }

  /** Not in one piece where the disk fails in between; but then it is done again. */
  async restoreCheckpoint(name) {
    this.#state = this.#kept.get(name);
    this.#count++;
    say(`did ${JSON.stringify(this.#state)}`);
    await this.#insist(() => this.#instance.restoreCheckpoint(name));
  }

  /** Beside the store; what it holds is written next to it. */
  async backup() {
    const path = joinPath(dirname(order.directory), BACKUP);
    await this.#instance.backup(path);
    writeFileSync(`${path}.json`, JSON.stringify(this.#state));
  }

  /** Nobody lives. Either the store that was there stays, or the backup has taken its place. */
  async restoreBackup(before) {
    const path = joinPath(dirname(order.directory), BACKUP);
    this.#state = JSON.parse(readFileSync(`${path}.json`, 'utf8'));
    const { restoreGroup } = await load(order.build);
    const { directory, runtimeDirectory } = order;
    say(`did ${JSON.stringify(before)}`);
    this.#count++;
    say(`did ${JSON.stringify(this.#state)}`);
    await this.#insist(() => restoreGroup(GROUP, path, { directory, runtimeDirectory }));
    say(`ack ${this.#count} 0`);
  }

  /** Puts them all in one turn. What refuses one says what the disk said. */
  async put(...blobs) {
    await Promise.all(blobs.map((blob) => this.#putOne(blob)));
  }

  async #putOne({ name, bytes, isStream = false }) {
    const content = contentOf(name, bytes);
    say(`putting ${name} ${bytes}`);
    await this.#insist(async () => {
      try {
        assert.equal(await this.#instance.blobs.put(isStream ? inPieces(content) : content), hashOf(content));
      } catch (error) {
        if (error.name !== 'AssertionError')
          assert.match(`${error.code} ${error.message}`, /^SOCOMM_STORE_FAILED .*E(NOSPC|IO|ROFS|MFILE)/);
        throw error;
      }
    });
    say(`put ${name}`);
  }

  /** Something large is being written. */
  async halfWritten() {
    const folder = joinPath(order.directory, 'blobs');
    const isHalf = (name) => name.endsWith('.new') && statSync(joinPath(folder, name), { throwIfNoEntry: false })?.size > 0;
    while (!existsSync(folder) || !readdirSync(folder).some(isHalf)) await new Promise((resolve) => void setImmediate(resolve));
  }

  /** A document names it. */
  name(blob) {
    this.set(blob.name, hashOf(contentOf(blob.name, blob.bytes)));
  }

  /** What the writer does after a grace of hours, with what nobody needs: the store's part of it. */
  async collect(gone, needed) {
    for (const { name } of gone) say(`leaving ${name}`);
    const { blobsIn } = await this.internal('storage/blobs/file-blob-store.js');
    const { systemRandom } = await this.internal('src/base/random.js');
    const hashesOf = (blobs) => new Set(blobs.map(({ name, bytes }) => hashOf(contentOf(name, bytes))));
    const store = blobsIn(order.directory, systemRandom);
    await this.#insist(async () => {
      const retirement = await store.retire(hashesOf(gone));
      try {
        await retirement.finish(hashesOf(needed));
      } catch (error) {
        await retirement.cancel();
        throw error;
      }
    });
    await store.close();
  }

  /** Again and again, as long as it is refused in an orderly way. */
  async #insist(act) {
    const endsAt = performance.now() + RECOVERY_MS;
    for (;;) {
      try {
        await act();
        return;
      } catch (error) {
        this.#refused(error);
        if (performance.now() > endsAt) throw error;
        await pause(ATTEMPT_PAUSE_MS);
      }
    }
  }

  /** What the preparation came to; the content that a scenario finds. */
  get state() {
    return this.#state;
  }

  /** For the run that comes after a preparation: what it left. */
  note() {
    writeFileSync(joinPath(dirname(order.directory), NOTE), JSON.stringify(this.#state));
  }

  noted() {
    return JSON.parse(readFileSync(joinPath(dirname(order.directory), NOTE), 'utf8'));
  }

  /** A module of the built package. */
  internal(path) {
    return import(pathToFileURL(joinPath(dirname(order.inner), '..', path)).href);
  }

  get directory() {
    return order.directory;
  }

  async close() {
    await this.#instance.close();
    say('closed');
  }

  die() {
    process.kill(process.pid, 'SIGKILL');
  }

  #refused(error) {
    if (error?.name !== 'SocommError') throw error;
    say(`refused ${error.code} ${error.message}`);
    free();
  }
}

/** The disk works again. */
function free() {
  if (!isFailing()) return;
  rmSync(order.marker);
  say('freed');
}

function isFailing() {
  return order.marker !== undefined && existsSync(order.marker);
}

const patched = new Set();
/** Of which a peer has gone through the patch: where none has, this process tries something else than it says. */
const watched = new Set();

/** A copy of the package whose peers make snapshots early, and whose store notes in the log of calls what they are made for. */
async function load(build) {
  const library = await import(pathToFileURL(build).href);
  if (!patched.has(build)) {
    patched.add(build);
    // A bundle gives out itself what a build has in files.
    const from = (path) => (build === order.build ? library : import(pathToFileURL(joinPath(dirname(build), path)).href));
    const { Peer } = await from('peer.js');
    const { open } = Peer.prototype;
    Peer.prototype.open = function openEagerly() {
      watched.add(build);
      this.options = { ...this.options, logBytesBeforeSnapshot: LOG_BYTES_BEFORE_SNAPSHOT, snapshotRestMs: 0 };
      return open.call(this);
    };
    const { LevelStore } = await from('../storage/level-store.js');
    for (const [method, purpose] of Object.entries(PURPOSES)) markCalls(LevelStore.prototype, method, purpose);
  }
  return library;
}

function markCalls(prototype, method, purpose) {
  const call = prototype[method];
  if (call === undefined) throw new Error(`a store has no method ${method} any more`);
  prototype[method] = async function marked(...given) {
    mark(typeof purpose === 'string' ? purpose : purpose(...given));
    try {
      return await call.apply(this, given);
    } finally {
      mark('');
    }
  };
}

function mark(purpose) {
  if (process.env.FAULTS_LOG !== undefined) appendFileSync(process.env.FAULTS_LOG, `@ ${purpose}\n`);
}

await SCENARIOS[order.scenario][order.part](new Life());
