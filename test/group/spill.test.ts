/** What nobody has confirmed is saved beside the store, and comes back with the next writer: by a clock that is turned, over a disk made up. */

import { beforeEach, describe, expect, it } from 'vitest';

import type { BundleFolder } from '../../storage/bundle-folder.js';
import { decodeBundle, encodeBundle } from '../../storage/bundle.js';
import { SPILL_AFTER_MAX_MS, SPILL_AFTER_MS, SPILL_BYTES_PER_S_MAX, SPILL_REVIEW_MS } from '../../src/spill/spiller.js';
import { seededRandom } from '../../src/base/random.js';
import { SPILL_INTAKE_MS } from '../../src/spill/intake.js';
import { SkewedClock } from '../simulation/skewed-clock.js';
import { Room } from './room.js';
import type { Member } from './room.js';

const presets = ({ peer }: Member) => peer.replica('main').doc.getMap<unknown>('presets');
const SPILLED_MS = SPILL_AFTER_MS + 2 * SPILL_REVIEW_MS;

let room: Room;
let spills: BundleFolder;

beforeEach(() => {
  room = new Room(1);
  spills = room.disk.folder('spill', () => true);
});

/** A writer that is stopped from now on, and who follows it. */
async function behindAStoppedWriter(followers: number): Promise<readonly [writer: Member, followers: readonly Member[], goOn: () => void]> {
  const clock = new SkewedClock(room.clock);
  const writer = await room.join({ peer: { clock } });
  await room.rest();
  const others: Member[] = [];
  for (let count = 0; count < followers; count++) others.push(await room.join());
  await room.rest();
  presets(writer).set('before', 'x'.repeat(10_000));
  await room.rest();
  await room.run(writer.instance.flush());
  await room.clock.advance(12_000);
  const hear = room.network.stop(writer.peer.id);
  clock.stop();
  const goOn = (): void => {
    clock.goOn();
    hear();
  };
  return [writer, others, goOn];
}

async function nextOne(): Promise<Member> {
  for (const member of [...room.members]) room.kill(member);
  const next = await room.join();
  await room.rest();
  await room.clock.advance(100);
  return next;
}

/** Nothing that could be packed smaller. */
function randomText(seed: number, length: number): string {
  const random = seededRandom(seed);
  return Buffer.from(random.bytes(length / 2)).toString('hex');
}

async function bytesSpilled(): Promise<number> {
  const sizes = await Promise.all((await spills.list()).map((name) => spills.size(name)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe('what a writer does not confirm', () => {
  it('is spilled after two seconds, without what was confirmed before, and the next writer takes it in and removes the file', async () => {
    const [, [one]] = await behindAStoppedWriter(1);
    presets(one as Member).set('warm-pad', 1);
    presets(one as Member).delete('before');
    await room.clock.advance(SPILL_AFTER_MS - 100);
    expect(await spills.list()).toEqual([]);
    await room.clock.advance(SPILL_REVIEW_MS + 200);
    expect(await spills.list()).toEqual([`${(one as Member).peer.id}.1`]);
    const next = await nextOne();
    expect(presets(next).toJSON()).toEqual({ 'warm-pad': 1 });
    expect(await spills.list()).toEqual([]);
  });

  it('is a difference to what is durable: small where the document is big', async () => {
    const [, [one], goOn] = await behindAStoppedWriter(1);
    goOn();
    presets(one as Member).set('first', 1);
    await room.clock.advance(3000);
    room.network.stop([...room.members][0]!.peer.id);
    presets(one as Member).set('second', 2);
    await room.clock.advance(SPILLED_MS);
    expect(await bytesSpilled()).toBeGreaterThan(0);
    expect(await bytesSpilled()).toBeLessThan(1000);
    expect(presets(await nextOne()).toJSON()).toMatchObject({ first: 1, second: 2 });
  });

  it('is spilled once more only when it has changed, by one file that replaces the one before', async () => {
    const [, [one]] = await behindAStoppedWriter(1);
    presets(one as Member).set('warm-pad', 1);
    await room.clock.advance(30_000);
    expect(await spills.list()).toEqual([`${(one as Member).peer.id}.1`]);
    presets(one as Member).set('deep-bass', 2);
    await room.clock.advance(30_000);
    expect(await spills.list()).toEqual([`${(one as Member).peer.id}.2`]);
    expect(presets(await nextOne()).toJSON()).toMatchObject({ 'warm-pad': 1, 'deep-bass': 2 });
  });

  it('is spilled more seldom where each spill is large, for nothing of the document is known to be durable', async () => {
    const clock = new SkewedClock(room.clock);
    const writer = await room.join({ peer: { clock } });
    await room.rest();
    for (let key = 0; key < 64; key++) presets(writer).set(`k${key}`, randomText(key, 10_000));
    await room.run(writer.instance.flush());
    const one = await room.join();
    await room.rest();
    room.network.stop(writer.peer.id);
    clock.stop();
    const written: number[] = [];
    const write = one.store.spills.write.bind(one.store.spills);
    one.store.spills.write = (name, bytes) => (written.push(bytes.length), write(name, bytes));
    const startedAt = room.clock.now();
    for (let second = 0; second < 60; second++) {
      presets(one).set('constantly', second);
      await room.clock.advance(1000);
    }
    const tookMs = room.clock.now() - startedAt;
    expect(Math.min(...written)).toBeGreaterThan(500_000);
    expect(written.length).toBeGreaterThan(tookMs / (SPILL_AFTER_MAX_MS + 2 * SPILL_REVIEW_MS));
    const bytes = written.reduce((sum, each) => sum + each, 0);
    expect(bytes).toBeLessThan((tookMs / 1000) * SPILL_BYTES_PER_S_MAX + 2 * (written[0] as number));
    // What comes at the end is in the last one, however soon.
    await room.run(room.leave(one));
    expect(await spills.list()).toHaveLength(1);
    for (const member of [...room.members]) room.kill(member);
    const next = await room.join();
    await room.rest();
    await room.clock.advance(100);
    expect(presets(next).get('constantly')).toBe(59);
  });

  it('is spilled by its author alone while that lives, and by everybody once it is dead', async () => {
    const [, [one, two, three]] = await behindAStoppedWriter(3);
    presets(one as Member).set('warm-pad', 1);
    await room.clock.advance(10);
    room.kill(one as Member);
    await room.clock.advance(SPILLED_MS);
    const authors = (await spills.list()).map((name) => name.slice(0, 16));
    expect(authors).toEqual([two, three].map((member) => (member as Member).peer.id).sort());
    expect(presets(await nextOne()).get('warm-pad')).toBe(1);
  });

  it('is removed by its author when the writer confirms it after all', async () => {
    const [writer, [one], goOn] = await behindAStoppedWriter(1);
    presets(one as Member).set('warm-pad', 1);
    await room.clock.advance(SPILLED_MS);
    expect(await spills.list()).toHaveLength(1);
    goOn();
    await room.clock.advance(5000);
    expect(await spills.list()).toEqual([]);
    expect(presets(writer).get('warm-pad')).toBe(1);
  });

  it('never resolves a flush', async () => {
    const [, [one]] = await behindAStoppedWriter(1);
    presets(one as Member).set('warm-pad', 1);
    const flush = (one as Member).instance.flush({ timeoutMs: 20_000 });
    await expect(room.run(flush)).rejects.toMatchObject({ code: 'SOCOMM_FLUSH_TIMEOUT' });
    expect(await spills.list()).toHaveLength(1);
  });

  it('is spilled when its author leaves, which says so', async () => {
    const [, [one]] = await behindAStoppedWriter(1);
    presets(one as Member).set('warm-pad', 1);
    room.members.delete(one as Member);
    await room.run((one as Member).instance.close());
    expect((one as Member).peer.warnings.kept.map(({ code }) => code)).toEqual(['spilled']);
    expect(presets(await nextOne()).get('warm-pad')).toBe(1);
  });

  it('is not spilled by who only looks on and goes, while its author stays', async () => {
    const [, [author]] = await behindAStoppedWriter(1);
    presets(author as Member).set('warm-pad', 1);
    await room.clock.advance(SPILLED_MS);
    const before = await spills.list();
    expect(before).toHaveLength(1);
    for (let looks = 0; looks < 3; looks++) {
      const onlooker = await room.join({ canWrite: false });
      await room.clock.advance(500);
      expect(presets(onlooker).get('warm-pad')).toBe(1);
      await room.run(room.leave(onlooker));
    }
    expect(await spills.list()).toEqual(before);
    // Who is left with it alone saves it.
    const last = await room.join({ canWrite: false });
    await room.clock.advance(500);
    for (const member of [...room.members]) if (member !== last) room.kill(member);
    last.peer.synchronizer.listener.disconnected((author as Member).peer.id);
    await room.run(room.leave(last));
    expect(await spills.list()).toHaveLength(2);
  });

  it('is spilled at once when the process ends', async () => {
    const [, [one]] = await behindAStoppedWriter(1);
    presets(one as Member).set('warm-pad', 1);
    (one as Member).peer.endAtOnce();
    expect(presets(await nextOne()).get('warm-pad')).toBe(1);
  });

  it('is spilled even if the process ends within the transaction', async () => {
    const [, [one]] = await behindAStoppedWriter(1);
    (one as Member).instance.transact(() => {
      presets(one as Member).set('warm-pad', 1);
      (one as Member).peer.endAtOnce();
    });
    expect(presets(await nextOne()).get('warm-pad')).toBe(1);
  });

  it('is not spilled in the moment in which the writer goes: the next one confirms it', async () => {
    const [writer, [one]] = await behindAStoppedWriter(1);
    presets(one as Member).set('warm-pad', 1);
    await room.clock.advance(SPILL_AFTER_MS - 20);
    room.diskDelayLeastMs = 100;
    room.kill(writer);
    const found = new Set<string>();
    for (let times = 0; times < 50; times++) {
      await room.clock.advance(50);
      for (const name of await spills.list()) found.add(name);
    }
    expect([...found]).toEqual([]);
  });

  it('is spilled a second after the writer went, where nobody comes to confirm it', async () => {
    const writer = await room.join();
    await room.rest();
    const one = await room.join({ canWrite: false });
    await room.rest();
    await room.clock.advance(20_000);
    room.network.stop(writer.peer.id);
    presets(one).set('warm-pad', 1);
    await room.clock.advance(SPILL_AFTER_MS - 20);
    room.kill(writer);
    await room.clock.advance(SPILL_REVIEW_MS - 100);
    expect(await spills.list()).toEqual([]);
    await room.clock.advance(200);
    expect(await spills.list()).toEqual([`${one.peer.id}.1`]);
  });

  it('costs no timer once all is confirmed', async () => {
    let reviews = 0;
    const { clock } = room;
    const counted = {
      ...bound(clock),
      after: (ms: number, call: () => void) => ((reviews += ms === SPILL_REVIEW_MS ? 1 : 0), clock.after(ms, call)),
    };
    await room.join();
    const one = await room.join({ peer: { clock: counted } });
    await room.rest();
    const inAMinute = async (): Promise<number> => {
      const before = reviews;
      await room.clock.advance(60_000);
      return reviews - before;
    };
    // Some of those that wait for the pulse are as long.
    const ofOthers = await inAMinute();
    presets(one).set('warm-pad', 1);
    await room.clock.advance(20_000);
    expect((await inAMinute()) - ofOthers).toBeLessThan(2);
  });
});

function bound(clock: Room['clock']) {
  return { now: () => clock.now(), wallTime: () => clock.wallTime() };
}

describe('where nobody writes', () => {
  it('the last one out spills what all have written, and the next writer brings it back', async () => {
    const [a, b] = [await room.join({ canWrite: false }), await room.join({ canWrite: false })];
    await room.clock.advance(2000);
    presets(a).set('of a', 1);
    presets(b).set('of b', 2);
    await room.clock.advance(100);
    for (const member of [a, b]) {
      room.members.delete(member);
      await room.run(member.instance.close());
      expect(member.peer.warnings.kept.map(({ code }) => code)).toEqual(['spilled']);
    }
    expect(presets(await nextOne()).toJSON()).toEqual({ 'of a': 1, 'of b': 2 });
  });

  it('who comes with the right to write takes it in while those live who spilled it, and they spill it no more', async () => {
    const a = await room.join({ canWrite: false });
    presets(a).set('of a', 1);
    await room.clock.advance(SPILLED_MS);
    expect(await spills.list()).toHaveLength(1);
    await room.join();
    await room.rest();
    await room.clock.advance(2 * SPILL_INTAKE_MS);
    expect(await spills.list()).toEqual([]);
  });

  it('whoever joins next has it in the moment in which it is synced, so that nothing is found empty that is not', async () => {
    const a = await room.join({ canWrite: false });
    presets(a).set('of a', 1);
    await room.clock.advance(SPILLED_MS);
    room.kill(a);
    const next = await room.join();
    const found = async (): Promise<unknown> => {
      await next.instance.synced();
      return presets(next).get('of a');
    };
    expect(await room.run(found())).toBe(1);
  });

  it('a document that nobody has open is taken in too', async () => {
    const a = await room.join({ canWrite: false });
    a.peer.openDocument('notes');
    a.peer.replica('notes').doc.getMap('map').set('note', 1);
    await room.clock.advance(SPILLED_MS);
    await nextOne();
    const last = await nextOne();
    last.peer.openDocument('notes');
    await room.clock.advance(200);
    expect(last.peer.replica('notes').doc.getMap('map').get('note')).toBe(1);
  });
});

describe('a writer whose disk fails', () => {
  it('spills at the end what its last batch could not write', async () => {
    const writer = await room.join();
    await room.rest();
    const folder = writer.store.spills;
    presets(writer).set('before', 1);
    await room.run(writer.instance.flush());
    room.diskErrorRate = 1;
    // Bundles go through: what fails is the database.
    Object.assign(folder, { write: async (name: string, bytes: Uint8Array) => folder.writeSync(name, bytes) });
    presets(writer).set('warm-pad', 1);
    room.members.delete(writer);
    await room.run(writer.instance.close());
    expect(writer.peer.warnings.kept.map(({ code }) => code)).toContain('spilled');
    room.diskErrorRate = 0;
    expect(presets(await nextOne()).toJSON()).toEqual({ before: 1, 'warm-pad': 1 });
  });

  it('says so where the spill fails too, once, and tries again', async () => {
    const [, [one]] = await behindAStoppedWriter(1);
    room.diskErrorRate = 1;
    presets(one as Member).set('warm-pad', 1);
    await room.clock.advance(30_000);
    expect((one as Member).peer.warnings.kept.map(({ code }) => code)).toEqual(['spill-failed']);
    room.diskErrorRate = 0;
    await room.clock.advance(5000);
    expect(await spills.list()).toHaveLength(1);
    room.diskErrorRate = 1;
    presets(one as Member).set('warm-pad', 2);
    room.members.delete(one as Member);
    await room.run((one as Member).instance.close());
    expect((one as Member).peer.warnings.kept.map(({ code }) => code)).toEqual(['spill-failed', 'spill-failed', 'closed-unconfirmed']);
  });
});

describe('taking in', () => {
  /** A spill of a dead peer, as it lies on the disk. */
  async function leftSpill(): Promise<string> {
    const a = await room.join({ canWrite: false });
    presets(a).set('of a', 1);
    await room.clock.advance(SPILLED_MS);
    room.kill(a);
    return (await spills.list())[0] as string;
  }

  it('keeps the file until the own store has it: a writer that is killed before that leaves it to the next', async () => {
    const name = await leftSpill();
    const writer = await room.join();
    await room.rest();
    room.diskDelayLeastMs = 200;
    for (const each of await spills.list()) await spills.remove(each);
    room.kill(writer);
    room.diskDelayLeastMs = 0;
    const again = await leftSpill();
    expect(again).not.toBe(name);
    room.diskDelayLeastMs = 200;
    const slow = await room.join();
    let ms = 0;
    while (presets(slow).size === 0 && ms++ < 5000) await room.clock.advance(1);
    expect(presets(slow).get('of a')).toBe(1);
    await room.clock.advance(50);
    expect(await spills.list()).toEqual([again]);
    room.kill(slow);
    room.diskDelayLeastMs = 0;
    expect(presets(await nextOne()).get('of a')).toBe(1);
    expect(await spills.list()).toEqual([]);
  });

  it('moves what does not verify to quarantine, and tells', async () => {
    const name = await leftSpill();
    const bytes = (await spills.read(name)) as Uint8Array;
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
    spills.writeSync(name, bytes);
    await nextOne();
    expect(room.warnings.get('spill-damaged')).toBe(1);
    expect(await spills.list()).toEqual([]);
  });

  it("leaves another group's alone, and tells once", async () => {
    const name = await leftSpill();
    const decoded = decodeBundle((await spills.read(name)) as Uint8Array);
    if (!decoded.ok) throw new Error(decoded.reason);
    spills.writeSync(name, encodeBundle({ ...decoded.value, group: 'another' }));
    const next = await nextOne();
    await room.clock.advance(3 * SPILL_INTAKE_MS);
    expect(room.warnings.get('spill-foreign')).toBe(1);
    expect(await spills.list()).toEqual([name]);
    expect(presets(next).size).toBe(0);
  });

  it('keeps what builds on something missing, holds up nothing for it, and takes it in when that has come', async () => {
    const a = await room.join({ canWrite: false });
    presets(a).set('first', 1);
    const { doc } = a.peer.replica('main');
    const missing = await updateOf(a, () => undefined);
    const builtOn = await updateOf(a, () => presets(a).set('second', 2));
    await room.clock.advance(0);
    const others = { group: 'room', purpose: 'spill', storeId: '', term: 0, at: 0, packageVersion: '0' } as const;
    expect(doc.getMap('presets').size).toBe(2);
    room.kill(a);
    const put = (count: number, bytes: Uint8Array): void =>
      spills.writeSync(`${a.peer.id}.${count}`, encodeBundle({ ...others, documents: [{ name: 'main', encoding: 'update', bytes }] }));
    put(1, builtOn);
    const writer = await room.join();
    await room.rest();
    await room.clock.advance(100);
    expect(room.warnings.get('spill-incomplete')).toBe(1);
    presets(writer).set('meanwhile', 1);
    await room.run(writer.instance.flush());
    expect(await spills.list()).toHaveLength(1);
    // Nothing has changed that could help: an idle writer does not read it again and again.
    await room.clock.advance(SPILL_INTAKE_MS);
    let reads = 0;
    const read = writer.store.spills.read.bind(writer.store.spills);
    writer.store.spills.read = (name) => (reads++, read(name));
    await room.clock.advance(10 * SPILL_INTAKE_MS);
    expect(reads).toBe(0);
    presets(writer).set('meanwhile', 2);
    await room.clock.advance(SPILL_INTAKE_MS);
    expect(reads).toBe(1);
    put(2, missing);
    await room.clock.advance(2 * SPILL_INTAKE_MS);
    expect(presets(writer).toJSON()).toEqual({ first: 1, second: 2, meanwhile: 2 });
    expect(await spills.list()).toEqual([]);
  });

  /** What a change adds to what was there; of no change, what is there. */
  async function updateOf({ peer }: Member, change: () => unknown): Promise<Uint8Array> {
    const replica = peer.replica('main');
    const before = replica.stateVector();
    return change() === undefined ? replica.difference(Uint8Array.of(0)) : replica.difference(before);
  }
});
