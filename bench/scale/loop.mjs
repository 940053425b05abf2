/**
 * How long a loop was held: timers of 1 ms that say when they came, because `monitorEventLoopDelay()` shows a hold of 400 ms as far less. And
 * how long transactions took, with all that is done in observers.
 */

/** Returns what ends it and tells the longest gaps. */
export function watchLoop() {
  const gaps = [];
  let before = performance.now();
  let timer = setTimeout(tick, 1);
  function tick() {
    const now = performance.now();
    gaps.push(now - before);
    before = now;
    timer = setTimeout(tick, 1);
  }
  return () => {
    clearTimeout(timer);
    const sorted = gaps.toSorted((a, b) => b - a);
    return {
      longestMs: sorted[0] ?? 0,
      p99Ms: sorted[Math.floor(sorted.length / 100)] ?? 0,
      over16: sorted.filter((ms) => ms > 16).length,
    };
  };
}

/** Whoever made them. Returns what ends it and tells the longest. */
export function watchTransactions(doc) {
  let longestMs = 0;
  let since;
  const before = () => void (since ??= performance.now());
  const after = () => {
    longestMs = Math.max(longestMs, performance.now() - since);
    since = undefined;
  };
  doc.on('beforeAllTransactions', before);
  doc.on('afterAllTransactions', after);
  return () => {
    doc.off('beforeAllTransactions', before);
    doc.off('afterAllTransactions', after);
    return longestMs;
  };
}
