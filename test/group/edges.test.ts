/** What happens where application, close and kill meet the machinery at the worst moment. Each of these was a bug once. */

import { afterEach, describe, expect, it } from 'vitest';

import { guarded } from '../../src/base/log.js';
import { World } from '../simulation/world.js';
import type { Member } from '../simulation/world.js';

const presets = ({ instance }: Member) => instance.doc.getMap<unknown>('presets');

/** Sets a key every 2 ms until it is called. */
function keepWriting(world: World, member: Member): () => void {
  let count = 0;
  let isOn = true;
  const goOn = (): void => {
    if (!isOn) return;
    presets(member).set(`k${count % 10}`, count++);
    world.clock.after(2, goOn);
  };
  goOn();
  return () => (isOn = false);
}

describe('an application that writes at a bad moment', () => {
  it('keeps what an observer writes while the store is being loaded', async () => {
    const world = new World(1);
    world.diskDelayMs = 5;
    const first = await world.join();
    await world.rest();
    presets(first).set('x', 1);
    await world.run(first.instance.flush());
    await world.run(first.instance.close());
    const second = await world.join({ loadDelayMs: 30 });
    presets(second).observe((event) => {
      if (event.keysChanged.has('x')) presets(second).set('normalized', true);
    });
    await world.run(second.instance.synced());
    await world.run(second.instance.flush());
    presets(second).set('later', 1);
    await world.run(second.instance.flush());
    world.members.clear();
    world.kill(second);
    const third = await world.join();
    await world.run(third.instance.synced());
    expect(presets(third).toJSON()).toEqual({ x: 1, normalized: true, later: 1 });
  });

  it('flushes from within an observer what is being observed', async () => {
    const world = new World(1);
    const member = await world.join();
    await world.rest();
    world.diskDelayMs = 50;
    const records = (): number => world.disk.documents.get('main')?.updates.length ?? 0;
    const before = records();
    let atFlush = -1;
    presets(member).observe(() => void member.instance.flush().then(() => (atFlush = records())));
    presets(member).set('x', 1);
    await world.clock.advance(200);
    expect(atFlush).toBeGreaterThan(before);
  });
});

describe('steady writing', () => {
  let stop: () => void = () => undefined;
  afterEach(() => stop());

  it('does not keep a flush from resolving', async () => {
    const world = new World(1);
    world.diskDelayLeastMs = 5;
    const member = await world.join();
    await world.rest();
    stop = keepWriting(world, member);
    await world.run(member.instance.flush(), 2000);
  });

  it('by others does not keep the writer from closing', async () => {
    const world = new World(1);
    world.diskDelayLeastMs = 5;
    const [writer, other] = [await world.join(), await world.join()];
    await world.rest();
    expect(writer.peer.role).toBe('writer');
    stop = keepWriting(world, other);
    await world.clock.advance(300);
    await world.run(writer.instance.close(), 2000);
  });
});

describe('callbacks of the application that throw', () => {
  const boom = (): never => {
    throw new Error('the application is at fault');
  };

  it('a listener of warnings and an observer that throw stop nothing', async () => {
    const world = new World(1);
    const [a, b] = [await world.join(), await world.join()];
    await world.rest();
    a.instance.on('warning', boom);
    presets(a).observe(boom);
    presets(b).set('x', 1);
    await world.clock.advance(100);
    presets(b).set('y', 1);
    await world.run(b.instance.flush());
    await world.rest();
    expect(presets(a).toJSON()).toEqual({ x: 1, y: 1 });
  });

  it('a log that throws ends with its own call', () => {
    const log = guarded(boom);
    expect(() => log({ level: 'warn', code: 'any', message: 'any' })).not.toThrow();
  });

  it("an 'update' listener that throws once does not silence the document", async () => {
    const world = new World(1);
    const [a, b] = [await world.join(), await world.join()];
    await world.rest();
    let count = 0;
    a.instance.doc.on('update', () => count++ === 0 && boom());
    expect(() => presets(a).set('x', 1)).toThrow('at fault');
    presets(a).set('y', 2);
    presets(b).set('z', 3);
    await world.run(a.instance.flush());
    await world.run(b.instance.flush());
    world.kill(a);
    world.kill(b);
    const later = await world.join();
    await world.run(later.instance.synced());
    expect(presets(later).toJSON()).toEqual({ x: 1, y: 2, z: 3 });
  });
});

describe('ends at a bad moment', () => {
  it('a follower that closes while nobody writes yet saves what it can', async () => {
    const world = new World(1);
    const [writer, follower] = [await world.join(), await world.join()];
    await world.rest();
    world.kill(writer);
    // As the kernel does, which frees the lock a moment after the sockets.
    const kernel = {};
    world.disk.tryLock(kernel);
    await world.clock.advance(2);
    presets(follower).set('x', 1);
    world.clock.after(3, () => world.disk.unlock(kernel));
    await world.run(follower.instance.close());
    world.members.clear();
    const later = await world.join();
    await world.run(later.instance.synced());
    expect(presets(later).toJSON()).toEqual({ x: 1 });
  });

  it('a store with a hole in its log blocks no flush, and what builds on the hole is not thrown away', async () => {
    const world = new World(1);
    const first = await world.join();
    await world.rest();
    for (let count = 0; count < 4; count++) {
      presets(first).set(`k${count}`, count);
      await world.run(first.instance.flush());
    }
    await world.run(first.instance.close());
    world.members.clear();
    world.disk.loseRecord('main', 2);
    const second = await world.join();
    await world.run(second.instance.synced());
    presets(second).set('new', 1);
    await world.run(second.instance.flush(), 5000);
    expect(world.warnings.get('update-set-aside')).toBe(1);
    expect(world.disk.documents.get('main')?.updates.length).toBeGreaterThanOrEqual(4);
    expect(world.disk.documents.get('main')?.snapshot).toBeUndefined();
  });

  it('a stalled writer that is killed and replaced is told as recovered', async () => {
    const world = new World(1);
    const [writer, follower] = [await world.join(), await world.join()];
    await world.rest();
    const events: string[] = [];
    for (const event of ['stalled', 'recovered'] as const) follower.instance.on(event, () => void events.push(event));
    world.network.stop(writer.peer.id);
    world.network.cut(writer.peer.id, follower.peer.id);
    await world.clock.advance(6000);
    world.kill(writer);
    follower.peer.synchronizer.listener.disconnected(writer.peer.id);
    await world.rest();
    expect(events).toEqual(['stalled', 'recovered']);
  });
});
