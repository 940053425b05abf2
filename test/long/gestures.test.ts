/** The price of knobs in a document: 40 instances, four knobs each, 60 times a second, 30 seconds. */

import { expect, test } from 'vitest';

import { turnKnobs } from '../talking/turned-knobs.js';

test('288,000 moves of 160 knobs leave a document grown by under 10 KB', async () => {
  const { grownBytes, written, seen } = await turnKnobs({ instances: 40, seconds: 30 });
  console.log(`the document has grown by ${grownBytes} bytes; one knob was seen to move ${seen} times`);
  expect(written).toBe(160);
  expect(grownBytes).toBeLessThan(10_000);
  expect(seen).toBeGreaterThan(0.9 * 30 * 60);
});
