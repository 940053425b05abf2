/** Writers that are killed (`kill -9`) while they write: nothing of two values is ever read, not meanwhile and not of what they leave. */

import { describe, expect, it } from 'vitest';
import { killWriters } from './kills.js';

const isSkipped = !['linux', 'darwin'].includes(process.platform);

describe.skipIf(isSkipped)('a writer that is killed in the middle of it', () => {
  it('leaves the last whole value, and nobody reads parts of two', async () => {
    const { reads, ...wrong } = await killWriters({ count: 10 });
    expect(wrong).toEqual({ torn: 0, tornAfter: 0, lostAfter: 0 });
    expect(reads).toBeGreaterThan(1000);
  });

  it('is found out where it writes over the value that is shown', async () => {
    const { tornAfter } = await killWriters({ count: 4, way: 'in-place' });
    expect(tornAfter).toBeGreaterThan(0);
  });

  it('shows a reader who does not look whether he was overtaken', async () => {
    const { torn } = await killWriters({ count: 4, isCareless: true });
    expect(torn).toBeGreaterThan(0);
  });
});
