import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { PlaceHere } from './in-process.js';
import { Place } from './processes.js';

describe('a group that somebody runs', () => {
  test('is asked, not read from disk', async () => {
    const place = new PlaceHere();
    const holder = await place.hold('acme');
    await holder.set('settings', 'theme', 'dark');
    expect((await place.socomm('get', 'acme', '/settings/theme')).out).toBe('dark\n');
    expect(JSON.parse((await place.socomm('status', 'acme', '--json')).out)).toMatchObject({
      ...{ group: 'acme', state: 'running', roots: [{ name: 'settings', type: 'map', entries: 1 }] },
      writer: { pid: holder.process.pid, term: 1 },
      peers: [{ pid: holder.process.pid, role: 'writer', instances: 1 }],
      rates: { framesPerSecond: expect.any(Number) as number },
    });
    expect(JSON.parse((await place.socomm('ls', '--json')).out)).toMatchObject([{ group: 'acme', isAlive: true, peers: 1 }]);
    await holder.end();
  });

  test('takes changes from outside, and its writer stays the writer', async () => {
    const place = new PlaceHere();
    const holder = await place.hold('acme');
    expect(await place.socomm('set', 'acme', '/settings/theme', '"light"')).toMatchObject({
      code: 0,
      out: '/settings/theme set; on disk (term 1)\n',
    });
    expect(await place.run(['import', 'acme', '-'], { input: '{"id":"pad"}\n' })).toMatchObject({ code: 0 });
    await holder.end();
    expect(JSON.parse((await place.socomm('get', 'acme')).out)).toEqual({ presets: { pad: {} }, settings: { theme: 'light' } });
  });

  test('cannot be removed', async () => {
    const place = new PlaceHere();
    const holder = await place.hold('acme');
    const { code, err } = await place.socomm('remove', 'acme', '--yes');
    expect(code).toBe(1);
    expect(err).toContain(`pid ${holder.process.pid}`);
    await holder.end();
    expect(await place.socomm('remove', 'acme', '--yes')).toMatchObject({ code: 0 });
  });

  test('is watched: each change as it comes, none from before, and Ctrl-C ends it in order', async () => {
    const place = new PlaceHere();
    const holder = await place.hold('acme');
    await holder.set('settings', 'before', 1);
    const watch = place.start(['watch', 'acme']);
    await watch.line('watching acme');
    await holder.set('settings', 'theme', 'dark');
    expect(await watch.line('/settings/theme')).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}\/settings\/theme +\+ add +"dark"$/);
    await holder.set('settings', 'theme', { a: 'x'.repeat(500) });
    expect(await watch.line('/settings/theme')).toMatch(/~ update {2}\{"a":"x+…$/);
    watch.process.kill('SIGINT');
    const { code, out, err } = await watch.ended;
    expect(code).toBe(130);
    expect(out).not.toContain('before');
    expect(err).not.toContain('error');
    await holder.end();
    expect(readdirSync(join(place.stores, 'acme', 'peers'))).toEqual([]);
  });

  test('is watched at one place, as JSON lines', async () => {
    const place = new PlaceHere();
    const holder = await place.hold('acme');
    const watch = place.start(['watch', 'acme', '/presets/pad/name', '--json']);
    await watch.line('watching');
    await holder.set('presets', 'other', { name: 'Other' });
    await holder.set('presets', 'pad', { name: 'Pad', v: 1 });
    expect(JSON.parse(await watch.line('{'))).toEqual({
      time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      path: '/presets/pad/name',
      action: 'add',
      value: 'Pad',
    });
    await holder.set('presets', 'pad', { name: 'Pad', v: 2 });
    await holder.set('presets', 'pad', { name: 'Pad 2', v: 2 });
    expect(JSON.parse(await watch.line('{'))).toMatchObject({ action: 'update', value: 'Pad 2' });
    watch.process.kill('SIGTERM');
    expect(await watch.ended).toMatchObject({ code: 130 });
    await holder.end();
  });

  test('is waited for by a watcher, who does not take what was there for a change', async () => {
    const place = new PlaceHere();
    await place.socomm('set', 'acme', '/settings/old', '1');
    const watch = place.start(['watch', 'acme']);
    await watch.line('nobody runs acme now; waiting');
    const holder = await place.hold('acme');
    await watch.line('watching acme');
    await holder.set('settings', 'new', 2);
    await watch.line('/settings/new');
    watch.process.kill('SIGINT');
    expect((await watch.ended).out).not.toContain('old');
    await holder.end();
  });

  test('ends a watcher’s wait with 5 when its time is up', async () => {
    expect(await new PlaceHere().socomm('watch', 'nobody', '--timeout', '0.3')).toMatchObject({
      code: 5,
      err: expect.stringContaining('not done within 0.3 s') as string,
    });
  });

  test('is not found where only followers without a store live, and what they have is read', async () => {
    const place = new PlaceHere();
    const holder = await place.hold('acme', 'never');
    expect(JSON.parse((await place.socomm('ls', '--json')).out)).toMatchObject([{ group: 'acme', isAlive: true }]);
    await holder.set('settings', 'theme', 'dark');
    expect((await place.socomm('get', 'acme', '/settings/theme')).out).toBe('dark\n');
    await holder.end();
  });

  test('whose writer is stopped is not joined, and that ends with 5', async () => {
    const place = new PlaceHere();
    const holder = await place.hold('acme');
    // Acknowledged: so it is the writer, and has noted that.
    expect(await place.socomm('set', 'acme', '/a/a', '0')).toMatchObject({ code: 0 });
    holder.process.kill('SIGSTOP');
    expect(await place.socomm('set', 'acme', '/a/b', '1', '--timeout', '1')).toMatchObject({ code: 5, out: '' });
    expect(await place.socomm('get', 'acme')).toMatchObject({ code: 5, err: expect.stringContaining('[SOCOMM_WRITER_STALLED]') as string });
    expect(JSON.parse((await place.socomm('status', 'acme', '--json')).out)).toMatchObject({
      ...{ state: 'stalled', documents: [], roots: [] },
      writer: { pid: holder.process.pid, term: 1 },
      peers: [{ pid: holder.process.pid, role: 'writer' }],
    });
    holder.process.kill('SIGCONT');
    await holder.end();
  });

  test('whose writer is stopped can be changed through another, but the change is told as not durable', async () => {
    const place = new PlaceHere();
    const writer = await place.hold('acme');
    const follower = await place.hold('acme');
    expect(await place.socomm('set', 'acme', '/a/a', '0')).toMatchObject({ code: 0 });
    writer.process.kill('SIGSTOP');
    const { code, out, err } = await place.socomm('set', 'acme', '/a/b', '1', '--timeout', '3');
    expect({ code, out }).toEqual({ code: 5, out: '' });
    expect(err).toContain('the change was made but is not durable');
    expect((await place.socomm('get', 'acme', '/a/b')).out).toBe('1\n');
    const status = await place.socomm('status', 'acme');
    expect(status.out).toContain('acme  run, but its writer does not answer');
    expect(JSON.parse((await place.socomm('status', 'acme', '--json')).out)).toMatchObject({
      ...{ state: 'stalled', roots: [{ name: 'a' }], writer: { pid: writer.process.pid } },
    });
    writer.process.kill('SIGCONT');
    await Promise.all([writer.end(), follower.end()]);
  });

  test.each([
    ['set', 'acme', '/a/b', '1'],
    ['delete', 'acme', '/a/a'],
    ['import', 'acme', '-'],
  ])('whose writer is stopped: %s says that it waits, and for whom; Ctrl-C says what was done', async (...args) => {
    const place = new PlaceHere();
    const writer = await place.hold('acme');
    const follower = await place.hold('acme');
    // By the one who can be asked later: what another process leaves with the writer right before it is stopped, nobody else may have yet.
    await follower.set('a', 'a', 0);
    writer.process.kill('SIGSTOP');
    const waiting = place.start(args);
    waiting.process.stdin.end('{"id":"pad"}\n');
    await waiting.line(`waiting for the writer (process ${writer.process.pid}) to confirm; it does not answer`);
    waiting.process.kill('SIGINT');
    const { code, out, err } = await waiting.ended;
    expect({ code, out }).toEqual({ code: 130, out: '' });
    expect(err).toContain('error: the change was made but is not durable');
    writer.process.kill('SIGCONT');
    await Promise.all([writer.end(), follower.end()]);
  });

  test.each(['get', 'delete'])('whose writer is stopped: where %s finds nothing, it says who may have more', async (command) => {
    const place = new PlaceHere();
    const writer = await place.hold('acme');
    const follower = await place.hold('acme');
    await follower.set('a', 'a', 0);
    const unknown = await place.socomm(command, 'acme', '/a/b');
    expect(unknown).toMatchObject({ code: 3, err: expect.not.stringContaining('does not answer') as string });
    writer.process.kill('SIGSTOP');
    const { code, err } = await place.socomm(command, 'acme', '/a/b');
    expect({ code, err }).toEqual({
      code: 3,
      err: `error: nothing at /a/b\n       /a, which is a map of 1 entry, has /a/a; the writer (process ${writer.process.pid}) does not answer, and may have more\n`,
    });
    writer.process.kill('SIGCONT');
    await Promise.all([writer.end(), follower.end()]);
  });

  test('whose writer is stopped: a backup says that it waits, and for whom; Ctrl-C leaves nothing behind', async () => {
    const place = new PlaceHere();
    const writer = await place.hold('acme');
    const follower = await place.hold('acme');
    writer.process.kill('SIGSTOP');
    const waiting = place.start(['backup', 'acme', join(place.folder, 'b.socomm')]);
    await waiting.line(`waiting for the writer (process ${writer.process.pid}) to confirm; it does not answer`);
    waiting.process.kill('SIGINT');
    expect(await waiting.ended).toMatchObject({ code: 130, out: '' });
    writer.process.kill('SIGCONT');
    await Promise.all([writer.end(), follower.end()]);
    expect(readdirSync(place.folder).filter((name) => name.startsWith('b.'))).toEqual([]);
  });
});

describe('the process', () => {
  test('ends quietly when its reader has seen enough', async () => {
    const place = new PlaceHere();
    const input = Array.from({ length: 5000 }, (_, n) => JSON.stringify({ id: `p${n}`, text: 'x'.repeat(200) })).join('\n');
    await place.run(['import', 'acme', '-'], { input });
    const running = place.start(['export', 'acme']);
    await once(running.process.stdout, 'data');
    running.process.stdout.destroy();
    expect(await running.ended).toMatchObject({ code: 0, err: '' });
  });

  test('ends at once with the second Ctrl-C, whatever the first is still waiting for', async () => {
    const place = new PlaceHere();
    const holder = await place.hold('acme');
    const watch = place.start(['watch', 'acme']);
    await watch.line('watching acme');
    // Both are there before it gets to run.
    watch.process.kill('SIGSTOP');
    watch.process.kill('SIGINT');
    watch.process.kill('SIGTERM');
    watch.process.kill('SIGCONT');
    expect(await watch.ended).toMatchObject({ code: 130 });
    await holder.end();
  });

  test('shows a status again each second until it is ended', async () => {
    const place = new PlaceHere();
    const holder = await place.hold('acme');
    const status = place.start(['status', 'acme', '--watch', '--json']);
    expect(JSON.parse(await status.line('{'))).toMatchObject({ state: 'running' });
    expect(JSON.parse(await status.line('{'))).toMatchObject({ state: 'running' });
    status.process.kill('SIGINT');
    expect(await status.ended).toMatchObject({ code: 130, err: '' });
    await holder.end();
  });

  test('shows stacks only when asked', async () => {
    const place = new Place();
    writeFileSync(join(place.stores, 'acme'), 'a file');
    const failing = ['set', 'acme', '/a/b', '1'];
    const plain = await place.socomm(...failing);
    expect(plain).toMatchObject({ code: 1, err: expect.stringMatching(/^error: .*\[SOCOMM_DIRECTORY_INVALID\]\n$/) as string });
    for (const shown of [await place.socomm(...failing, '--debug'), await place.run(failing, { variables: { SOCOMM_DEBUG: '1' } })]) {
      expect(shown.code).toBe(1);
      expect(shown.err).toMatch(/\n {4}at /);
    }
  });

  test('interrupted during an import, keeps what was written and gives the store back', async () => {
    const place = new PlaceHere();
    const running = place.start(['import', 'acme', '-']);
    running.process.stdin.write('{"id":"first"}\n'.repeat(1));
    running.process.stdin.write(Array.from({ length: 500 }, (_, n) => `{"id":"p${n}"}\n`).join(''));
    // Its peer is in the roster once it has joined; its input never ends by itself.
    while ((JSON.parse((await place.socomm('ls', '--json')).out) as unknown[]).length === 0) continue;
    running.process.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130 });
    expect(readdirSync(join(place.stores, 'acme', 'peers'))).toEqual([]);
    expect(await place.socomm('set', 'acme', '/a/b', '1')).toMatchObject({ code: 0 });
  });
});
