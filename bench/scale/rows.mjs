/** The rows of the table, in order. Each starts its own processes, and says what it found: lines with a figure of ours, what stands beside it, and the bar. */

import { coldStart } from './row-cold.mjs';
import { importing } from './row-import.mjs';
import { instances } from './row-instances.mjs';
import { knobs } from './row-knobs.mjs';
import { fromDisk, newcomer } from './row-loading.mjs';

export const rows = { instances, cold: coldStart, newcomer, disk: fromDisk, import: importing, knobs };
