// Makes the directories that it is sent, at the moment that it is told.
const { makeDirectory } = await import('../../dist/esm/src/base/make-directory.js');

process.on('message', ({ path, at }) => {
  while (performance.timeOrigin + performance.now() < at);
  try {
    makeDirectory(path, 0o700);
    process.send({ made: true });
  } catch (error) {
    process.send({ made: false, error: String(error) });
  }
});
process.send({ ready: true });
