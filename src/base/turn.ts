/** A turn of the event loop: by its end every chain of promises has run as far as it could, and sockets have been looked at. */

export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
