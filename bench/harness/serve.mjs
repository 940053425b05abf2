/** How a process that is measured answers its parent: each message names a task, and is answered with what the task returns. */

export function serve(tasks) {
  process.on('message', ({ id, task, options }) => {
    Promise.resolve()
      .then(() => tasks[task](options))
      .then(
        (answer) => process.send({ id, answer }),
        (/** @type {unknown} */ error) => process.send({ id, error: error instanceof Error ? error.stack : String(error) }),
      );
  });
  // Nobody is left to ask.
  process.on('disconnect', () => process.exit());
}

/** Milliseconds of a clock that all processes of this machine share. */
export function sharedMs() {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

export const turn = () => new Promise((resolve) => setImmediate(resolve));

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** After collection; more than once, because what finalizers hold goes only at the next. Needs `--expose-gc`, else nothing is collected. */
export async function memoryNow() {
  for (let each = 0; each < 3; each++) {
    globalThis.gc?.();
    await pause(20);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  // `external` has the array buffers in it.
  return { usedBytes: heapUsed + external, residentBytes: rss };
}

/** Work whose end is asked for later, by the function that this returns: what goes wrong meanwhile is told there. */
export function begun(work) {
  const outcome = Promise.allSettled([work]);
  return async () => {
    const [{ status, value, reason }] = await outcome;
    if (status === 'rejected') throw reason;
    return value;
  };
}
