/** Who handles what travels as ephemeral values: a handler that is younger than a request's way is found all the same. */

import { expect, test } from 'vitest';

import { isSocommError } from '../../src/base/errors.js';
import { createTestGroup } from '../../src/testing.js';

test('a request finds a handler of which nothing was known when it was made', async () => {
  const group = createTestGroup({ seed: 5 });
  const [a, b] = [await group.join(), await group.join()];
  a.handle('one', () => 1);
  expect(await group.run(b.request('one', null))).toBe(1);
  a.handle('two', () => 2);
  expect(await group.run(b.request('two', null))).toBe(2);
  await group.close();
});

test('that nobody handles a request is said as soon as everybody was asked', async () => {
  const group = createTestGroup({ seed: 6 });
  const [a, b] = [await group.join(), await group.join()];
  a.handle('one', () => 1);
  expect(await group.run(b.request('one', null))).toBe(1);
  const refused = b.request('two', null).catch((error: unknown) => isSocommError(error, 'SOCOMM_NO_HANDLER'));
  const early = Promise.race([refused, group.advance(50).then(() => 'too late')]);
  expect(await group.run(early)).toBe(true);
  await group.close();
});
