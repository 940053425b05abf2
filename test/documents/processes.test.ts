/** Documents between real processes: kills, stops, and what lies on the disk afterwards. */

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { openStore } from '../../src/store.js';
import { ESM, Place } from '../process/members.js';
import type { Remote } from '../process/members.js';
import { until } from '../process/until.js';

const ask = <Value = unknown>({ member, as }: Remote, method: string, parameters: object = {}): Promise<Value> =>
  member.request<Value>(method, { as, ...parameters });
const open = (remote: Remote, name: string, options?: object): Promise<unknown> => ask(remote, 'openDocument', { name, options });
const set = (remote: Remote, name: string, key: string, value: unknown): Promise<unknown> => ask(remote, 'setIn', { name, key, value });
const content = (remote: Remote, name: string): Promise<Record<string, unknown>> => ask(remote, 'contentOf', { name });

/** All bytes of all files below. */
function bytesBelow(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Buffer.concat(files.map((entry) => readFileSync(join(entry.parentPath, entry.name))));
}

test('the writer is killed while documents are open: all goes on, and nothing that was acknowledged is lost', async () => {
  const place = new Place();
  const writer = await place.fork().join('writer', ESM);
  const [b, c] = [await place.fork().join('b', ESM), await place.fork().join('c', ESM)];
  for (const remote of [writer, b, c]) for (const name of ['one', 'two']) await open(remote, name);
  await open(b, 'alone');
  for (let index = 0; index < 20; index++) {
    await set(b, 'one', `b-${index}`, index);
    await set(c, 'two', `c-${index}`, index);
    await set(b, 'alone', `b-${index}`, index);
  }
  await Promise.all([ask(b, 'flushDocument', { name: 'one' }), ask(c, 'flushDocument', { name: 'two' })]);
  await set(b, 'alone', 'last', 1);
  const flushed = ask(b, 'flushDocument', { name: 'alone' });
  await writer.member.kill();
  await flushed;
  await set(c, 'one', 'after', 1);
  await ask(c, 'flushDocument', { name: 'one' });
  await until('b has it', async () => (await content(b, 'one'))['after'] === 1);
  await place.killAll();
  const next = await place.fork().join('next', ESM);
  for (const name of ['one', 'two', 'alone']) await open(next, name);
  expect(await content(next, 'one')).toMatchObject({ 'b-19': 19, after: 1 });
  expect(await content(next, 'two')).toMatchObject({ 'c-0': 0, 'c-19': 19 });
  expect(await content(next, 'alone')).toMatchObject({ 'b-0': 0, last: 1 });
  expect(await ask<readonly { name: string }[]>(next, 'documents')).toMatchObject([{ name: 'alone' }, { name: 'one' }, { name: 'two' }]);
  await ask(next, 'close');
});

test('a peer that is stopped while its document is deleted finds out, and what it writes then is set aside where people find it', async () => {
  const place = new Place();
  const a = await place.fork().join('a', ESM);
  const late = await place.fork().join('late', ESM);
  await open(late, 'notes');
  await set(late, 'notes', 'stored', 1);
  await ask(late, 'flushDocument', { name: 'notes' });
  const path = join(place.folder, 'deleted');
  const written = ask(late, 'setOnceThereIs', { name: 'notes', key: 'late', value: 'written too late', path });
  await late.hears('holding the loop');
  late.member.signal('SIGSTOP');
  await ask(a, 'deleteDocument', { name: 'notes' });
  writeFileSync(path, '');
  late.member.signal('SIGCONT');
  await written;
  await late.hears('deleted');
  const { detail } = await late.hears('warning', ({ code }) => code === 'late-edits-set-aside');
  const keptAs = / kept as (.*), which openStore/.exec(String(detail['message']))?.[1] ?? '';
  expect(keptAs.startsWith(join(place.store, 'quarantine'))).toBe(true);
  const view = await openStore(keptAs);
  expect(view.documents().map(({ name }) => name)).toEqual(['notes']);
  expect((await view.read('notes')).getMap('map').get('late')).toBe('written too late');
  await view.close();
  expect(await ask(late, 'statusOf', { name: 'notes' })).toBe('deleted');
  await open(late, 'notes');
  expect(await content(late, 'notes')).toEqual({});
  expect(await ask(a, 'documents')).toEqual([{ name: 'notes', generation: 2, isOpen: false }]);
  await ask(a, 'close');
  await ask(late, 'close');
});

test('what is kept in memory is in no file, whoever is killed and whoever writes', async () => {
  const place = new Place();
  const a = await place.fork().join('a', ESM);
  const b = await place.fork().join('b', ESM);
  for (const remote of [a, b]) await open(remote, 'session', { keep: 'memory' });
  for (const remote of [a, b]) await open(remote, 'kept');
  await set(b, 'session', 'secret', 'FLEETING-FLEETING');
  await set(b, 'kept', 'known', 'KEPT-KEPT-KEPT');
  await until('a has it', async () => (await content(a, 'session'))['secret'] === 'FLEETING-FLEETING');
  await ask(b, 'flushDocument', { name: 'kept' });
  a.member.signal('SIGKILL');
  await set(b, 'session', 'more', 'FLEETING-MORE');
  await until('b writes', async () => (await b.role()) === 'writer');
  await b.flush();
  expect(await content(b, 'session')).toEqual({ secret: 'FLEETING-FLEETING', more: 'FLEETING-MORE' });
  await ask(b, 'close');
  const bytes = bytesBelow(place.store);
  expect(bytes.includes('KEPT-KEPT-KEPT')).toBe(true);
  expect(bytes.includes('FLEETING')).toBe(false);
});

test('two instances in two processes close and reopen one document again and again, and every word is there', async () => {
  const place = new Place();
  const remotes = [await place.fork().join('a', ESM), await place.fork().join('b', ESM)];
  for (let round = 0; round < 15; round++) {
    await Promise.all(
      remotes.map(async (remote) => {
        await open(remote, 'notes');
        await set(remote, 'notes', `${remote.as}-${round}`, round);
        await ask(remote, 'closeDocument', { name: 'notes' });
      }),
    );
  }
  const [a] = remotes as [Remote];
  await open(a, 'notes');
  expect(Object.keys(await content(a, 'notes'))).toHaveLength(30);
  await Promise.all(remotes.map((remote) => ask(remote, 'close')));
});
