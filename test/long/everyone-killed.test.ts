/** As in test/process/survival.test.ts, in the number that the proof asks for. */

import { test } from 'vitest';

import { killEveryone } from '../process/kill-everyone.js';

const KILLS = 200;

test(`everyone killed after every acknowledgement, ${KILLS} times: all there, deletions too`, () => killEveryone(KILLS));
