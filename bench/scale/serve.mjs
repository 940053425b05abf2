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

/** After collection; twice, because what is held by finalizers goes only at the second. */
export async function memoryBytes() {
  for (let each = 0; each < 3; each++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = process.memoryUsage();
  // `external` has the array buffers in it.
  return heapUsed + external;
}
