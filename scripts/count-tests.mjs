// @ts-check
/** Prints, as the last line of .ci/run, how many tests passed and failed, out of the report that vitest wrote. Fails when none ran. */

import { existsSync, readFileSync } from 'node:fs';

const [file = ''] = process.argv.slice(2);

if (existsSync(file)) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const passed = Number(report.numPassedTests);
  // A file that could not be loaded has no tests to count, and yet it failed.
  const unloaded = report.testResults.filter(
    (/** @type {any} */ result) => result.status === 'failed' && result.assertionResults.length === 0,
  );
  const failed = Number(report.numFailedTests) + unloaded.length;
  const skipped = Number(report.numPendingTests) + Number(report.numTodoTests);
  for (const { name } of unloaded) console.log(`could not be run: ${name}`);
  if (passed + failed === 0) console.log('No test ran.');
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
} else {
  console.log('No test ran: vitest left no report.');
  console.log('0 passed, 0 failed');
  process.exitCode = 1;
}
