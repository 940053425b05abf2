/** What a replica notices reaches the application as a warning that says what to do, and the other peers get every change. */

import { describe, expect, it } from 'vitest';
import { Room } from '../group/room.js';
import type { Member } from '../group/room.js';

const map = ({ instance }: Member) => instance.doc.getMap<unknown>('m');
const warningsOf = ({ instance }: Member) => instance.inspect().warnings.map(({ code, message }) => ({ code, message }));
const warning = (code: string, message: string) => ({ code, message: expect.stringContaining(message) as string });

async function two(): Promise<{ readonly room: Room; readonly a: Member; readonly b: Member }> {
  const room = new Room(1);
  const [a, b] = [await room.join(), await room.join()];
  await room.rest();
  return { room, a, b };
}

describe('the application is warned, and nothing is lost,', () => {
  it('where its listener mutes the document, without a flush or a frame', async () => {
    const { room, a, b } = await two();
    let count = 0;
    a.instance.doc.on('afterTransactionCleanup', () => {
      if (count++ === 0) throw new Error('at fault');
    });
    expect(() => map(a).set('x', 1)).toThrow('at fault');
    await room.rest();
    expect(map(b).toJSON()).toEqual({ x: 1 });
    expect(warningsOf(a)).toEqual([warning('document-muted', 'Mend the listener')]);
  });

  it('where it destroys the document', async () => {
    const { room, a, b } = await two();
    a.instance.doc.destroy();
    map(a).set('x', 1);
    map(b).set('y', 1);
    await room.rest();
    expect(map(b).toJSON()).toEqual({ x: 1, y: 1 });
    expect(map(a).toJSON()).toEqual({ x: 1, y: 1 });
    expect(warningsOf(a)).toEqual([warning('document-cut-off', 'Close the instance instead')]);
  });

  it('where it sets a client id', async () => {
    const { room, a, b } = await two();
    a.instance.doc.clientID = 5;
    map(a).set('x', 1);
    await room.rest();
    expect(map(b).toJSON()).toEqual({ x: 1 });
    expect(warningsOf(a)).toEqual([warning('client-id-changed', 'must be unique')]);
  });

  it('where another peer has the same client id', async () => {
    const { room, a, b } = await two();
    map(a).set('x', 1);
    await room.rest();
    b.instance.doc.clientID = a.instance.doc.clientID;
    map(b).set('y', 1);
    map(b).set('z', 1);
    await room.rest();
    expect(new Set([a, b].map(({ instance }) => instance.doc.clientID)).size).toBe(2);
    expect([...warningsOf(a), ...warningsOf(b)]).toContainEqual(warning('client-id-clash', 'under our client id'));
    expect(map(a).toJSON()).toEqual({ x: 1, y: 1, z: 1 });
  });

  it('where it writes what can never be written down', async () => {
    const { room, a, b } = await two();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(() => map(a).set('circle', circle)).toThrow(RangeError);
    map(a).set('x', 1);
    await room.rest();
    expect(map(b).toJSON()).toEqual({ x: 1 });
    expect(warningsOf(a)).toContainEqual(warning('value-removed', 'no other peer could ever have them'));
  });

  it('where it nests deeper than a frame may carry', async () => {
    const { room, a, b } = await two();
    let value: unknown = null;
    for (let level = 0; level < 300; level++) value = [value];
    map(a).set('deep', value);
    await room.rest();
    expect(map(b).toJSON()).toEqual(map(a).toJSON());
    expect(warningsOf(a)).toEqual([warning('change-too-deep', 'Store it flatter')]);
  });
});
