/** What happens where application, close and kill meet the machinery at the worst moment. Each of these was a bug once. */

import { afterEach, describe, expect, it } from 'vitest';

import { guarded } from '../../src/base/log.js';
import { Room } from './room.js';
import type { Member } from './room.js';

const presets = ({ instance }: Member) => instance.doc.getMap<unknown>('presets');

/** Sets a key every 2 ms until it is called. */
function keepWriting(room: Room, member: Member): () => void {
  let count = 0;
  let isOn = true;
  const goOn = (): void => {
    if (!isOn) return;
    presets(member).set(`k${count % 10}`, count++);
    room.clock.after(2, goOn);
  };
  goOn();
  return () => (isOn = false);
}

describe('an application that writes at a bad moment', () => {
  it('keeps what an observer writes while the store is being loaded', async () => {
    const room = new Room(1);
    room.diskDelayMs = 5;
    const first = await room.join();
    await room.rest();
    presets(first).set('x', 1);
    await room.run(first.instance.flush());
    await room.run(first.instance.close());
    const second = await room.join({ loadDelayMs: 30 });
    presets(second).observe((event) => {
      if (event.keysChanged.has('x')) presets(second).set('normalized', true);
    });
    await room.run(second.instance.synced());
    await room.run(second.instance.flush());
    presets(second).set('later', 1);
    await room.run(second.instance.flush());
    room.members.clear();
    room.kill(second);
    const third = await room.join();
    await room.run(third.instance.synced());
    expect(presets(third).toJSON()).toEqual({ x: 1, normalized: true, later: 1 });
  });

  it('flushes from within an observer what is being observed', async () => {
    const room = new Room(1);
    const member = await room.join();
    await room.rest();
    room.diskDelayMs = 50;
    const records = (): number => room.disk.documents.get('main')?.updates.length ?? 0;
    const before = records();
    let atFlush = -1;
    presets(member).observe(() => void member.instance.flush().then(() => (atFlush = records())));
    presets(member).set('x', 1);
    await room.clock.advance(200);
    expect(atFlush).toBeGreaterThan(before);
  });
});

describe('steady writing', () => {
  let stop: () => void = () => undefined;
  afterEach(() => stop());

  it('does not keep a flush from resolving', async () => {
    const room = new Room(1);
    room.diskDelayLeastMs = 5;
    const member = await room.join();
    await room.rest();
    stop = keepWriting(room, member);
    await room.run(member.instance.flush(), 2000);
  });

  it('by others does not keep the writer from closing', async () => {
    const room = new Room(1);
    room.diskDelayLeastMs = 5;
    const [writer, other] = [await room.join(), await room.join()];
    await room.rest();
    expect(writer.peer.role).toBe('writer');
    stop = keepWriting(room, other);
    await room.clock.advance(300);
    await room.run(writer.instance.close(), 2000);
  });
});

describe('callbacks of the application that throw', () => {
  const boom = (): never => {
    throw new Error('the application is at fault');
  };

  it('a listener of warnings and an observer that throw stop nothing', async () => {
    const room = new Room(1);
    const [a, b] = [await room.join(), await room.join()];
    await room.rest();
    a.instance.on('warning', boom);
    presets(a).observe(boom);
    presets(b).set('x', 1);
    await room.clock.advance(100);
    presets(b).set('y', 1);
    await room.run(b.instance.flush());
    await room.rest();
    expect(presets(a).toJSON()).toEqual({ x: 1, y: 1 });
  });

  it('a log that throws ends with its own call', () => {
    const log = guarded(boom);
    expect(() => log({ level: 'warn', code: 'any', message: 'any' })).not.toThrow();
  });

  it("an 'update' listener that throws once does not silence the document", async () => {
    const room = new Room(1);
    const [a, b] = [await room.join(), await room.join()];
    await room.rest();
    let count = 0;
    a.instance.doc.on('update', () => count++ === 0 && boom());
    expect(() => presets(a).set('x', 1)).toThrow('at fault');
    presets(a).set('y', 2);
    presets(b).set('z', 3);
    await room.run(a.instance.flush());
    await room.run(b.instance.flush());
    room.kill(a);
    room.kill(b);
    const later = await room.join();
    await room.run(later.instance.synced());
    expect(presets(later).toJSON()).toEqual({ x: 1, y: 2, z: 3 });
  });
});

describe('ends at a bad moment', () => {
  it('a follower that closes while nobody writes yet saves what it can', async () => {
    const room = new Room(1);
    const [writer, follower] = [await room.join(), await room.join()];
    await room.rest();
    room.kill(writer);
    // As the kernel does, which frees the lock a moment after the sockets.
    const kernel = {};
    room.disk.tryLock(kernel);
    await room.clock.advance(2);
    presets(follower).set('x', 1);
    room.clock.after(3, () => room.disk.unlock(kernel));
    await room.run(follower.instance.close());
    room.members.clear();
    const later = await room.join();
    await room.run(later.instance.synced());
    expect(presets(later).toJSON()).toEqual({ x: 1 });
  });

  it('a store with a hole in its log blocks no flush, and what builds on the hole is not thrown away', async () => {
    const room = new Room(1);
    const first = await room.join();
    await room.rest();
    for (let count = 0; count < 4; count++) {
      presets(first).set(`k${count}`, count);
      await room.run(first.instance.flush());
    }
    await room.run(first.instance.close());
    room.members.clear();
    room.disk.loseRecord('main', 2);
    const second = await room.join();
    await room.run(second.instance.synced());
    presets(second).set('new', 1);
    await room.run(second.instance.flush(), 5000);
    expect(room.warnings.get('update-set-aside')).toBe(1);
    expect(room.disk.documents.get('main')?.updates.length).toBeGreaterThanOrEqual(4);
    expect(room.disk.documents.get('main')?.snapshot).toBeUndefined();
  });

  it('a stalled writer that is killed and replaced is told as recovered', async () => {
    const room = new Room(1);
    const [writer, follower] = [await room.join(), await room.join()];
    await room.rest();
    const events: string[] = [];
    for (const event of ['stalled', 'recovered'] as const) follower.instance.on(event, () => void events.push(event));
    room.network.stop(writer.peer.id);
    room.network.cut(writer.peer.id, follower.peer.id);
    await room.clock.advance(6000);
    room.kill(writer);
    follower.peer.synchronizer.listener.disconnected(writer.peer.id);
    await room.rest();
    expect(events).toEqual(['stalled', 'recovered']);
  });
});
