// @ts-check
/**
 * Chance from a seed, as in src/base/random.ts (mulberry32). Not that one itself: the parent builds nothing and needs no dist to begin.
 *
 * @param {number} seed
 */
export function seededFraction(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
