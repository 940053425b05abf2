/** Writes down, when the process ends, what it was and which binaries it had loaded: into the file that `NOTES_AT_END` names. */

const { writeFileSync } = require('node:fs');

let threads = 0;
process.on('worker', () => threads++);
process.on('exit', () => {
  process.report.excludeNetwork = true;
  const addons = process.report.getReport().sharedObjects.filter((path) => path.endsWith('.node'));
  const { execPath, execArgv } = process;
  writeFileSync(process.env.NOTES_AT_END, JSON.stringify({ addons, threads, execPath, execArgv, cwd: process.cwd() }));
});
