/** Everyone killed after every acknowledgement: a file of its own, for it takes long and runs beside the others. */

import { test } from 'vitest';

import { killEveryone } from './kill-everyone.js';

const KILLS = 200;

test(`everyone killed after every acknowledgement, ${KILLS} times: all there, deletions too`, { timeout: 240_000 }, () =>
  killEveryone(KILLS),
);
