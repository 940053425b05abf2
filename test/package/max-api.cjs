/** Stands for the `max-api` that Max gives to its scripts: what it would carry to the patch goes through the IPC channel. */

const handlers = new Map();
process.on('message', ({ message, argument }) => handlers.get(message)?.(argument));

module.exports = {
  addHandler: (message, handler) => void handlers.set(message, handler),
  outlet: (...words) => void process.send(words),
};
