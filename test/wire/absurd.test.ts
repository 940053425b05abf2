/** Frames whose checksum is right and whose content is not: each is refused for its own reason, at once, and costs no memory. */

import * as encoding from 'lib0/encoding';
import { describe, expect, it } from 'vitest';
import {
  CHUNK_BYTES,
  CHUNKS_MAX,
  DOCUMENT_NAME_BYTES_MAX,
  DOCUMENTS_IN_FRAME_MAX,
  ENDPOINT_BYTES_MAX,
  FRAME_BYTES_MAX,
  INSTANCES_MAX,
  UPDATES_IN_FRAME_MAX,
  VECTOR_ENTRIES_MAX,
} from '../../sync/limits.js';
import { decodeFrame } from '../../sync/wire/decode-frame.js';
import type { Decoded } from '../../sync/wire/decode-frame.js';
import { KIND_NUMBERS, PROTOCOL } from '../../sync/wire/frame.js';
import { all, expectRefused, numbers, raw, text, times } from './payload.js';
import type { Write } from './payload.js';
import { bodyOf, sealed, withChecksum } from './seal.js';

/** revision 1, term 0, no flags, pid 1, version "1", no trouble: then come the instances. */
const statusBeforeInstances = all(numbers(1, 0, 0, 1), text('1'), text(''));
const status = all(statusBeforeInstances, numbers(0));
const endless = (length: number, last: number): Write => raw(...Array.from({ length }, () => 0x80), last);
const tail = (seq: Write): Uint8Array => {
  // `sealed` writes a sequence number of its own, of one byte: it is replaced.
  const body = bodyOf(sealed({ kind: KIND_NUMBERS.tail, document: 'main' }));
  const to = encoding.createEncoder();
  encoding.writeUint8Array(to, body.subarray(0, -1));
  seq(to);
  return withChecksum(encoding.toUint8Array(to));
};

const refusals: Readonly<Record<string, readonly [reason: string, detail: string, bytes: () => Uint8Array]>> = {
  'no bytes': ['foreign', '0 bytes', () => new Uint8Array()],
  'other magic': ['foreign', 'bytes', () => withChecksum(Buffer.concat([Buffer.from('GET '), bodyOf(tail(numbers(1)))]))],
  'version 0': ['version', 'protocol 0', () => sealed({ kind: 2, version: 0, document: 'main', seq: 1 })],
  'a version that is not there yet': [
    'version',
    'protocol 2',
    () => sealed({ kind: 2, version: PROTOCOL.protocolMax + 1, document: 'main', seq: 1 }),
  ],
  'a wrong checksum': [
    'checksum',
    'bytes',
    () => tail(numbers(1)).map((byte, index, { length }) => (index === length - 1 ? byte ^ 1 : byte)),
  ],
  'a frame over the limit': ['too-large', '16777217 bytes', () => new Uint8Array(FRAME_BYTES_MAX + 1)],
  'kind 0': ['unknown-kind', 'kind 0', () => sealed({ kind: 0 })],
  'a kind that is not there yet': ['unknown-kind', 'kind 37', () => sealed({ kind: 37 }, raw(1, 2, 3))],
  'a kind of many digits': ['unknown-kind', 'kind 9007199254740991', () => sealed({ kind: Number.MAX_SAFE_INTEGER })],
  'trailing bytes': ['malformed', '2 bytes too many', () => sealed({ kind: KIND_NUMBERS.tail, document: 'main', seq: 1 }, raw(0, 0, 0))],
  'no payload': ['malformed', 'Unexpected end', () => sealed({ kind: KIND_NUMBERS.status })],
  'a number of 54 bits': ['malformed', 'number 9007199254740992', () => tail(endless(7, 0x10))],
  'a number of 71 bits': ['malformed', 'number 1.18', () => tail(endless(10, 1))],
  'a number that is infinite': ['malformed', 'number Infinity', () => tail(endless(146, 4))],
  'a number that is none': ['malformed', 'number NaN', () => tail(endless(160, 1))],
  'a number without an end': ['malformed', 'Unexpected end', () => tail(endless(160, 0x80))],
  'a kind that is no number': [
    'malformed',
    'number NaN',
    () => withChecksum(Buffer.concat([Buffer.from('so\u{1}'), Buffer.alloc(160, 0x80), Buffer.alloc(12, 1)])),
  ],
  'a long document name': [
    'malformed',
    'text of 513 bytes',
    () => sealed({ kind: 2, document: 'n'.repeat(DOCUMENT_NAME_BYTES_MAX + 1), seq: 1 }),
  ],
  'a document name that is no UTF-8': ['malformed', 'not UTF-8', () => sealed({ kind: 2, document: Uint8Array.of(0x6d, 0xff), seq: 1 })],
  'half a surrogate pair': ['malformed', 'not UTF-8', () => sealed({ kind: 2, document: Uint8Array.of(0xed, 0xa0, 0x80), seq: 1 })],
  'a character that is cut off': ['malformed', 'not UTF-8', () => sealed({ kind: 2, document: Uint8Array.of(0x61, 0xc3), seq: 1 })],
  'a document name longer than the frame': [
    'malformed',
    'Unexpected end',
    () => withChecksum(Buffer.from('736f0102000102030405060780800401', 'hex')),
  ],
  'a long publisher': [
    'malformed',
    'text of 257 bytes',
    () => sealed({ kind: KIND_NUMBERS.hello }, text('e'.repeat(ENDPOINT_BYTES_MAX + 1))),
  ],
  'a long messenger': [
    'malformed',
    'text of 257 bytes',
    () => sealed({ kind: KIND_NUMBERS.hello }, all(text('ipc:///p'), text('e'.repeat(ENDPOINT_BYTES_MAX + 1)))),
  ],
  'a long responder': [
    'malformed',
    'text of 257 bytes',
    () => sealed({ kind: KIND_NUMBERS.hello }, all(text('ipc:///p'), text('ipc:///t'), text('e'.repeat(ENDPOINT_BYTES_MAX + 1)))),
  ],
  'a long package version': [
    'malformed',
    'text of 65 bytes',
    () => sealed({ kind: KIND_NUMBERS.status }, all(numbers(1, 0, 0, 1), text('1'.repeat(65)))),
  ],
  'unknown flags': [
    'malformed',
    'flags 8',
    () => sealed({ kind: KIND_NUMBERS.status }, all(numbers(1, 0, 8, 1), text('1'), text(''), numbers(0))),
  ],
  'an instance without a number': [
    'malformed',
    'no number',
    () => sealed({ kind: KIND_NUMBERS.status }, all(statusBeforeInstances, numbers(1), text(''))),
  ],
  'an instance with a second name': [
    'malformed',
    'no number',
    () => sealed({ kind: KIND_NUMBERS.status }, all(statusBeforeInstances, numbers(1), text('1e3'))),
  ],
  'a negative instance': [
    'malformed',
    'no number',
    () => sealed({ kind: KIND_NUMBERS.status }, all(statusBeforeInstances, numbers(1), text('-1'))),
  ],
  'more instances than there may be': [
    'malformed',
    'list of 4097',
    () =>
      sealed({ kind: KIND_NUMBERS.status }, all(statusBeforeInstances, numbers(INSTANCES_MAX + 1), times(INSTANCES_MAX + 1, text('1')))),
  ],
  'more tails than there may be': [
    'malformed',
    'list of 4097',
    () =>
      sealed(
        { kind: KIND_NUMBERS.goodbye },
        all(numbers(DOCUMENTS_IN_FRAME_MAX + 1), times(DOCUMENTS_IN_FRAME_MAX + 1, all(text('d'), numbers(1)))),
      ),
  ],
  'more documents in a pulse than there may be': [
    'malformed',
    'list of 4097',
    () => sealed({ kind: KIND_NUMBERS.pulse }, all(numbers(1), status, numbers(DOCUMENTS_IN_FRAME_MAX + 1))),
  ],
  'more documents in an echo than there may be': [
    'malformed',
    'list of 4097',
    () => sealed({ kind: KIND_NUMBERS.echo }, numbers(1, 1, 0, DOCUMENTS_IN_FRAME_MAX + 1)),
  ],
  'more documents held than there may be': [
    'malformed',
    'list of 4097',
    () => sealed({ kind: KIND_NUMBERS.holding }, all(numbers(1), raw(1), numbers(DOCUMENTS_IN_FRAME_MAX + 1))),
  ],
  'documents held whose names are too long together': [
    'malformed',
    'names of 66048 bytes',
    () => sealed({ kind: KIND_NUMBERS.released }, all(numbers(1, 129), times(129, text('n'.repeat(DOCUMENT_NAME_BYTES_MAX))))),
  ],
  'documents held that are neither all nor not': [
    'malformed',
    'flags 2',
    () => sealed({ kind: KIND_NUMBERS.holding }, all(numbers(1), raw(2), numbers(0))),
  ],
  'more updates than there may be': [
    'malformed',
    'list of 65537',
    () =>
      sealed(
        { kind: KIND_NUMBERS.updates, document: 'main', seq: 1 },
        all(numbers(UPDATES_IN_FRAME_MAX + 1), times(UPDATES_IN_FRAME_MAX + 1, numbers(0))),
      ),
  ],
  'a longer vector than there may be': [
    'malformed',
    'list of 4097',
    () =>
      sealed(
        { kind: KIND_NUMBERS.echo },
        all(
          numbers(1, 1, 0, 1),
          text('main'),
          numbers(VECTOR_ENTRIES_MAX + 1),
          times(VECTOR_ENTRIES_MAX + 1, raw(1, 2, 3, 4, 5, 6, 7, 8, 1)),
        ),
      ),
  ],
  'more updates announced than are there': [
    'malformed',
    'Unexpected end',
    () => sealed({ kind: KIND_NUMBERS.updates, document: 'main', seq: 1 }, numbers(UPDATES_IN_FRAME_MAX)),
  ],
  'an update longer than the frame': [
    'malformed',
    'Unexpected end',
    () => sealed({ kind: KIND_NUMBERS.updates, document: 'main', seq: 1 }, numbers(1, 2 ** 32)),
  ],
  'an update of more bytes than can be counted': [
    'malformed',
    'number NaN',
    () => sealed({ kind: KIND_NUMBERS.updates, document: 'main', seq: 1 }, all(numbers(1), endless(160, 1))),
  ],
  'a state vector that would end in the checksum': [
    'malformed',
    'Unexpected end',
    () => sealed({ kind: KIND_NUMBERS.invite, document: 'main' }, raw(5, 0)),
  ],
  'a peer id that is cut off': [
    'malformed',
    'Unexpected end',
    () => sealed({ kind: KIND_NUMBERS.echo }, all(numbers(1, 1, 0, 1), text('main'), numbers(1), raw(1, 2, 3))),
  ],
  'chunk 3 of 3': ['malformed', 'chunk 3 of 3', () => sealed({ kind: KIND_NUMBERS.have, document: 'main' }, numbers(1, 3, 3))],
  'an answer of no chunks': ['malformed', 'chunk 0 of 0', () => sealed({ kind: KIND_NUMBERS.have, document: 'main' }, numbers(1, 0, 0))],
  'more chunks than there may be': [
    'malformed',
    'of 4097',
    () => sealed({ kind: KIND_NUMBERS.have, document: 'main' }, numbers(1, 0, CHUNKS_MAX + 1)),
  ],
  'a chunk over the limit': [
    'malformed',
    'chunk of 262145 bytes',
    () =>
      sealed(
        { kind: KIND_NUMBERS.have, document: 'main' },
        all(numbers(1, 0, 1), raw(0), (to) => encoding.writeVarUint8Array(to, new Uint8Array(CHUNK_BYTES + 1))),
      ),
  ],
  'a chunk that is neither complete nor not': [
    'malformed',
    'flags 2',
    () => sealed({ kind: KIND_NUMBERS.have, document: 'main' }, all(numbers(1, 0, 1), raw(2))),
  ],
  'a refusal without a reason': ['malformed', 'unknown reason', () => sealed({ kind: KIND_NUMBERS.refused }, numbers(1))],
  'a refusal for no known reason': ['malformed', 'unknown reason', () => sealed({ kind: KIND_NUMBERS.refused }, numbers(1, 200))],
};

describe('a frame with a right checksum', () => {
  it.each(Object.entries(refusals))('is refused for %s', (_, [reason, detail, make]) => {
    expectRefused(make(), reason, detail);
  });

  it('is taken with everything at its limit', () => {
    const name = 'é'.repeat(DOCUMENT_NAME_BYTES_MAX / 2);
    expect(okay(decodeFrame(sealed({ kind: KIND_NUMBERS.tail, document: name, seq: Number.MAX_SAFE_INTEGER }, numbers(7))))).toEqual({
      kind: 'tail',
      document: name,
      seq: Number.MAX_SAFE_INTEGER,
      clientId: 7,
    });
    const many = all(numbers(UPDATES_IN_FRAME_MAX), times(UPDATES_IN_FRAME_MAX, numbers(0)));
    expect(okay(decodeFrame(sealed({ kind: KIND_NUMBERS.updates, document: 'main', seq: 1 }, many)))).toHaveProperty(
      'updates.length',
      UPDATES_IN_FRAME_MAX,
    );
    const chunk = all(
      numbers(1, CHUNKS_MAX - 1, CHUNKS_MAX),
      raw(1),
      (to) => encoding.writeVarUint8Array(to, new Uint8Array(CHUNK_BYTES)),
      numbers(0, 0),
    );
    expect(okay(decodeFrame(sealed({ kind: KIND_NUMBERS.have, document: 'main' }, chunk)))).toHaveProperty('bytes.length', CHUNK_BYTES);
  });

  it('keeps a byte order mark: two names that differ in it are two', () => {
    expect(okay(decodeFrame(sealed({ kind: KIND_NUMBERS.tail, document: '\uFEFFmain', seq: 1 }, numbers(7))))).toHaveProperty(
      'document',
      '\uFEFFmain',
    );
  });

  it('may fill a header that its kind leaves empty, which is not looked at', () => {
    expect(okay(decodeFrame(sealed({ kind: KIND_NUMBERS.flushed, document: 'main', seq: 7 }, numbers(3, 4))))).toEqual({
      kind: 'flushed',
      request: 3,
      term: 4,
    });
  });
});

function okay(decoded: Decoded): unknown {
  return decoded.ok ? decoded.frame : expect.fail(`${decoded.reason}: ${decoded.detail}`);
}
