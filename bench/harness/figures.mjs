/** Rounds, and what is made of them. The figure of a way is the median of its rounds; a ratio is the median of the rounds' ratios, with the lowest and the highest. */

/**
 * Alternating rounds: A B C, C B A, A B C …, after one to warm up whose figures are thrown away. With 0 rounds the one to warm up is all there is.
 *
 * @param {Record<string, (round: number) => Promise<object | number>>} ways
 */
export async function alternate(ways, rounds) {
  const names = Object.keys(ways);
  const figures = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    // Who goes first changes, so that nobody always finds the warmer machine.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const figure = await ways[name](round);
      if (round > 0 || rounds === 0) figures[name].push(figure);
    }
  }
  return figures;
}

export function median(values) {
  return percentile(values, 50);
}

/** Linear between neighbours. */
export function percentile(values, percent) {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (percent / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  return below + (sorted[Math.ceil(place)] - below) * (place - Math.floor(place));
}

/** Ours divided by the other's, round by round. */
export function ratio(ours, others) {
  const each = ours.map((value, round) => value / others[round]);
  return { median: median(each), low: Math.min(...each), high: Math.max(...each) };
}

/** What a way did, in all rounds: the median of one of their numbers, and all of them. */
export function summary(rounds, key) {
  const values = key === undefined ? rounds : rounds.map((round) => round[key]);
  return { median: median(values), rounds: values };
}
