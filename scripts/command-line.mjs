// @ts-check
/** What the scripts of `npm run` share of a command line: options or a word on what is wrong with them, help, and a line of progress. */

/**
 * Reads the options and runs; the exit code is what `run` resolves with. Where they cannot be read: says why, prints the help, 1.
 * @template {{ help: boolean }} Options
 * @param {object} command
 * @param {string} command.help
 * @param {() => Options} command.read Throws an error whose message says what is wrong.
 * @param {(options: Options) => Promise<number>} command.run
 */
export async function runCommand({ help, read, run }) {
  /** @type {Options} */
  let options;
  try {
    options = read();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    process.exitCode = 1;
    return;
  }
  if (options.help) process.stdout.write(help);
  else process.exitCode = await run(options);
}

/**
 * @param {string} name
 * @param {string | undefined} text
 * @param {number} least
 */
export function wholeNumber(name, text, least) {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < least) throw new Error(`--${name} takes a whole number from ${least} up, not '${text}'`);
  return number;
}

/**
 * One line that is written over; on a terminal only.
 * @param {string} text
 */
export function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[2K${text}`);
}
