/** Writes one key after the other, each when the one before was acknowledged, until told to stop; then says how many were. */

export function workUntilStopped(name, write) {
  const state = { acknowledged: 0, isStopped: false };
  const running = (async () => {
    while (!state.isStopped) {
      await write(`${name}-${state.acknowledged}`, String(state.acknowledged));
      state.acknowledged++;
    }
  })();
  return {
    async stop() {
      state.isStopped = true;
      await running;
      return state.acknowledged;
    },
    acknowledged: () => state.acknowledged,
  };
}
