/** A flush that resolved covers what it builds on, on a network that is cut where it hurts. The same with real processes: test/process. */

import { describe, expect, it } from 'vitest';

import { createTestGroup } from '../../src/testing.js';
import type { Instance, TestGroup } from '../../src/testing.js';

const SEEDS = [1, 2, 3, 4, 5];
const presets = (instance: Instance) => instance.doc.getMap<string>('presets');

interface Scene {
  readonly group: TestGroup;
  readonly writer: Instance;
  readonly t: Instance;
}

/** S has set a key, which T has seen and the writer has not, and was killed. */
async function afterTheDeathOfS(seed: number): Promise<Scene> {
  const group = createTestGroup({ seed });
  const [writer, s, t] = [await group.join(), await group.join(), await group.join()];
  group.partition(writer, s);
  presets(s).set('warm-pad', 'of s');
  await group.advance(20);
  expect(presets(t).get('warm-pad')).toBe('of s');
  expect(presets(writer).get('warm-pad')).toBeUndefined();
  await group.kill(s);
  return { group, writer, t };
}

async function valueFromDisk({ group, writer, t }: Scene): Promise<string | undefined> {
  await group.kill(writer, t);
  const later = await group.join();
  const value = presets(later).get('warm-pad');
  await group.close();
  return value;
}

describe('a flush of what builds on an unacknowledged change of a dead peer', () => {
  for (const seed of SEEDS) {
    it(`resolves when the writer has that change too, so that nothing is lost with everyone (seed ${seed})`, async () => {
      const scene = await afterTheDeathOfS(seed);
      presets(scene.t).set('warm-pad', 'of t');
      await scene.group.run(scene.t.flush());
      expect(await valueFromDisk(scene)).toBe('of t');
    });

    it(`does not resolve because the writer gave up waiting for that change while T was cut off (seed ${seed})`, async () => {
      const scene = await afterTheDeathOfS(seed);
      const { group, writer, t } = scene;
      presets(t).set('warm-pad', 'of t');
      await group.advance(5);
      const heal = group.partition(writer, t);
      await group.advance(8000);
      heal();
      await group.run(t.flush());
      expect(await valueFromDisk(scene)).toBe('of t');
    });
  }
});

/** T was acknowledged a value. It overwrites it, behind something that builds on S, of whom the writer knows nothing; then T is killed, too. */
async function afterTheDeathOfBoth(seed: number): Promise<Scene> {
  const group = createTestGroup({ seed });
  const [writer, s, t] = [await group.join(), await group.join(), await group.join()];
  presets(t).set('own', 'acknowledged');
  await group.run(t.flush());
  group.partition(writer, s);
  presets(s).set('shared', 'of s');
  await group.advance(20);
  expect(presets(t).get('shared')).toBe('of s');
  await group.kill(s);
  presets(t).set('shared', 'of t');
  presets(t).set('own', 'newer');
  // What was written arrives, and nobody has asked yet for what it builds on.
  await group.advance(5);
  await group.kill(t);
  return { group, writer, t };
}

describe('what was acknowledged, and overwritten by an update that builds on what nobody has', () => {
  for (const seed of SEEDS) {
    it(`is there when everyone is killed while that update waits (seed ${seed})`, async () => {
      const { group, writer } = await afterTheDeathOfBoth(seed);
      await group.kill(writer);
      const later = await group.join();
      expect(presets(later).toJSON()).toEqual({ own: 'acknowledged' });
      await group.close();
    });

    it(`is there when that update has been set aside, and on disk after that (seed ${seed})`, async () => {
      const { group, writer } = await afterTheDeathOfBoth(seed);
      await group.advance(8000);
      expect(writer.inspect().warnings.map(({ code }) => code)).toContain('update-set-aside');
      expect(presets(writer).toJSON()).toEqual({ own: 'acknowledged' });
      presets(writer).set('later', 'of the writer');
      await group.run(writer.flush());
      await group.kill(writer);
      const later = await group.join();
      expect(presets(later).toJSON()).toEqual({ own: 'acknowledged', later: 'of the writer' });
      await group.close();
    });

    it(`is there at a follower that has become the writer (seed ${seed})`, async () => {
      const group = createTestGroup({ seed });
      const [writer, s, t, follower] = [await group.join(), await group.join(), await group.join(), await group.join()];
      presets(t).set('own', 'acknowledged');
      await group.run(t.flush());
      await group.advance(20);
      group.partition(s, writer);
      group.partition(s, follower);
      presets(s).set('shared', 'of s');
      await group.advance(20);
      await group.kill(s);
      presets(t).set('shared', 'of t');
      presets(t).set('own', 'newer');
      await group.advance(5);
      await group.kill(t, writer);
      await group.advance(8000);
      expect(follower.role).toBe('writer');
      expect(presets(follower).toJSON()).toEqual({ own: 'acknowledged' });
      await group.kill(follower);
      const later = await group.join();
      expect(presets(later).toJSON()).toEqual({ own: 'acknowledged' });
      await group.close();
    });
  }
});
