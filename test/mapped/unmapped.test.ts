/** Where values cannot be mapped: why is said, nothing is thrown, and what can be is tidied up. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';
import { MappedValues } from '../../src/mapped/mapped-values.js';
import { loadMapping } from '../../src/mapped/memory.js';
import { geometryFor, openMapping } from '../../src/mapped/open-mapping.js';
import type { MappingEnvironment } from '../../src/mapped/open-mapping.js';
import { checkOptions } from '../../src/options.js';
import { instance } from '../talking/fake-host.js';

function environment(changed: Partial<MappingEnvironment> = {}): MappingEnvironment {
  const directory = mkdtempSync(join(tmpdir(), 'socomm-u-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return { directory, random: seededRandom(1), platform: 'linux', uid: process.getuid?.(), isMainThread: true, ...changed };
}

describe('a copy that cannot map', () => {
  it.each<[string, Partial<MappingEnvironment>, string]>([
    ['without koffi', { load: () => loadMapping(() => Promise.reject(new Error('Cannot find package koffi'))) }, 'koffi'],
    ['on Windows', { platform: 'win32' }, 'platform'],
    ['in a worker thread', { isMainThread: false }, 'thread'],
  ])('%s goes on without, and says why', async (_, changed, reason) => {
    const opened = await openMapping(geometryFor(true), environment(changed));
    expect(opened).toMatchObject({ isMapped: false, reason });
    expect(opened).toMatchObject({ text: expect.stringMatching(/values|koffi/) as string });
  });

  it('gives up at its first value where the system refuses, tells once, and leaves no file', async () => {
    const where = environment({
      load: () =>
        Promise.resolve({
          map: () => {
            throw new Error('mmap failed');
          },
        }),
    });
    const opened = await openMapping(geometryFor(true), where);
    if (!opened.isMapped) throw new Error(opened.text);
    const warnings: string[] = [];
    const deleted: string[] = [];
    const values = {
      set: () => undefined,
      delete: (_: unknown, name: string) => void deleted.push(name),
      entries: () => [],
      subscribe: () => ({ ready: Promise.resolve(), end: () => undefined }),
    };
    const host = { id: instance('a'), clock: new VirtualClock(), values, warn: (code: string) => void warnings.push(code) };
    const mapped = new MappedValues(host, opened);
    for (const key of ['a', 'b']) mapped.set({ name: 'n', key, codec: 'raw', bytes: Uint8Array.of(1) });
    expect(mapped.inspection).toMatchObject({ isMapped: false, reason: 'failed', text: 'mmap failed', values: 0 });
    expect([warnings, deleted, readdirSync(where.directory), mapped.look('n', 'a')]).toEqual([
      ['mapping-failed'],
      ['$mapped'],
      [],
      undefined,
    ]);
    mapped.close();
  });
});

it('the option is refused where it asks for what cannot be', () => {
  for (const mapped of [true, false, undefined, {}, { valuesMax: 1, valueBytesMax: 16_384 }]) checkOptions({ mapped });
  for (const mapped of [
    1,
    'yes',
    null,
    { values: 1 },
    { valuesMax: 0 },
    { valuesMax: 4097 },
    { valueBytesMax: 1.5 },
    { valuesMax: 4096, valueBytesMax: 16_384 },
  ])
    expect(() => checkOptions({ mapped })).toThrow(TypeError);
});
