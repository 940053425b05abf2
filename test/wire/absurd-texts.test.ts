/** Codes, targets and reports that nobody sends: what a peer shows to people is looked at before it is believed. */

import { describe, it } from 'vitest';

import { MAINTENANCE_TARGET_BYTES_MAX, MAINTENANCE_TEXT_BYTES_MAX } from '../../sync/limits.js';
import { KIND_NUMBERS } from '../../sync/wire/frame.js';
import { all, expectRefused, numbers, raw, text } from './payload.js';
import { sealed } from './seal.js';

/** revision 1, term 0, no flags, pid 1, version "1": then comes the trouble. */
const statusBeforeTrouble = all(numbers(1, 0, 0, 1), text('1'));

const refusals: Readonly<Record<string, readonly [reason: string, detail: string, bytes: () => Uint8Array]>> = {
  'a trouble that is no code': [
    'malformed',
    'text that is no code',
    () => sealed({ kind: KIND_NUMBERS.status }, all(statusBeforeTrouble, text('no disk'), numbers(0))),
  ],
  'a trouble that begins like a code': [
    'malformed',
    'text that is no code',
    () => sealed({ kind: KIND_NUMBERS.status }, all(statusBeforeTrouble, text('SOCOMM_'), numbers(0))),
  ],
  'a trouble with a line break behind it': [
    'malformed',
    'text that is no code',
    () => sealed({ kind: KIND_NUMBERS.status }, all(statusBeforeTrouble, text('SOCOMM_IO\n'), numbers(0))),
  ],
  'a long trouble': [
    'malformed',
    'text of 48 bytes',
    () => sealed({ kind: KIND_NUMBERS.status }, all(statusBeforeTrouble, text(`SOCOMM_${'A'.repeat(41)}`), numbers(0))),
  ],
  'maintenance that nobody knows': [
    'malformed',
    'unknown action',
    () => sealed({ kind: KIND_NUMBERS.maintain }, all(numbers(1), raw(4), text(''))),
  ],
  'a long target': [
    'malformed',
    'text of 4097 bytes',
    () => sealed({ kind: KIND_NUMBERS.maintain }, all(numbers(1), raw(1), text('t'.repeat(MAINTENANCE_TARGET_BYTES_MAX + 1)))),
  ],
  'maintenance that was done and failed': [
    'malformed',
    'neither done nor failed',
    () => sealed({ kind: KIND_NUMBERS.maintained }, all(numbers(1), raw(1), text('SOCOMM_IO'), text(''))),
  ],
  'maintenance that failed for no reason': [
    'malformed',
    'neither done nor failed',
    () => sealed({ kind: KIND_NUMBERS.maintained }, all(numbers(1), raw(0), text(''), text(''))),
  ],
  'maintenance that was half done': [
    'malformed',
    'flags 2',
    () => sealed({ kind: KIND_NUMBERS.maintained }, all(numbers(1), raw(2), text(''), text(''))),
  ],
  'a long report': [
    'malformed',
    'text of 65537 bytes',
    () => sealed({ kind: KIND_NUMBERS.maintained }, all(numbers(1), raw(1), text(''), text('r'.repeat(MAINTENANCE_TEXT_BYTES_MAX + 1)))),
  ],
};

describe('a frame with a right checksum', () => {
  it.each(Object.entries(refusals))('is refused for %s', (_, [reason, detail, make]) => expectRefused(make(), reason, detail));
});
