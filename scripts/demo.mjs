// @ts-check
/**
 * `npm run demo`: builds if needed, with something moving on the screen meanwhile, then becomes `socomm demo` with the
 * arguments given. It becomes it rather than starting it: in one process an interrupt arrives once, and so does the exit code.
 */

import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const main = fileURLToPath(new URL('../dist/esm/src/cli/main.js', import.meta.url));
const tsc = new URL('../node_modules/typescript/bin/tsc', import.meta.url);

if (!isNewEnough(process.versions.node)) {
  refuse(`socomm needs Node 20.19 or later; this is ${process.versions.node}.`);
} else if (!existsSync(tsc)) {
  refuse('The dependencies are not installed yet. Run: npm ci');
} else {
  const stopSpinner = startSpinner('socomm demo: building');
  const { build } = await import('./build.mjs');
  const { errors } = await build();
  stopSpinner();
  if (errors !== '') {
    process.stderr.write(errors);
    refuse('The build failed; see above.');
  } else {
    process.argv = [process.execPath, main, 'demo', ...process.argv.slice(2)];
    await import(pathToFileURL(main).href);
  }
}

/** @param {string} version */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19);
}

/** @param {string} message */
function refuse(message) {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

/**
 * On a terminal a line that moves and then goes away; elsewhere one plain line.
 * @param {string} text
 */
function startSpinner(text) {
  const out = process.stderr;
  if (!out.isTTY) {
    out.write(`${text} …\n`);
    return () => undefined;
  }
  const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
  let count = 0;
  const draw = () => out.write(`\r${frames[count++ % frames.length]} ${text} …`);
  draw();
  const timer = setInterval(draw, 80);
  return () => {
    clearInterval(timer);
    out.write('\r\u001B[2K');
  };
}
