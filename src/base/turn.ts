/** A turn of the event loop: by its end every chain of promises has run as far as it could, and sockets have been looked at. */

export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Less than a turn: all microtasks that wait have run, and those that they made. The event loop has not gone on. */
export function microtasksRun(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
