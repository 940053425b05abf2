import { describe, expect, test } from 'vitest';

import { TalkingPlace } from './talking.js';

describe('socomm ephemeral', () => {
  test('shows the values that there are, and of one key', async () => {
    const here = new TalkingPlace();
    const [one, other] = [await here.join(), await here.join()];
    one.ephemeral('knobs').set('cutoff', 0.42);
    other.ephemeral('knobs').set('cutoff', 0.5);
    one.ephemeral('knobs').set('a', { b: 1 });
    const { code, out } = await here.run('ephemeral', 'acme', 'knobs');
    const rows = [one, other].map(({ id }) => `${id.slice(0, 8)}….1`);
    expect(code).toBe(0);
    const [head, first, ...rest] = out.trimEnd().split('\n');
    expect(head).toBe('KEY     FROM         VALUE');
    expect(first).toBe(`a       ${rows[0]}  {"b":1}`);
    expect(new Set(rest)).toEqual(new Set([`cutoff  ${rows[0]}  0.42`, `cutoff  ${rows[1]}  0.5`]));
    expect(JSON.parse((await here.run('ephemeral', 'acme', 'knobs', 'a', '--json')).out)).toEqual([
      { key: 'a', from: one.id, value: { b: 1 } },
    ]);
    expect(await here.run('ephemeral', 'acme', 'knobs', 'pan')).toMatchObject({
      code: 3,
      err: expect.stringContaining('nobody holds a value under pan in knobs') as string,
    });
    expect(await here.run('ephemeral', 'acme', 'faders')).toEqual({ code: 0, out: '', err: 'nobody holds a value in faders\n' });
    expect(await here.run('ephemeral', 'nobody', 'knobs')).toMatchObject({ code: 3 });
  });

  test('goes on with changes, and says what is gone', async () => {
    const here = new TalkingPlace();
    const app = await here.join();
    const knobs = app.ephemeral('knobs');
    knobs.set('cutoff', 0.1);
    const json = here.begin('ephemeral', 'acme', 'knobs', 'cutoff', '--watch', '--json');
    const text = here.begin('ephemeral', 'acme', 'knobs', '--watch');
    const time = expect.stringMatching(/^\d{4}-.*Z$/) as string;
    expect(JSON.parse(await json.line())).toEqual({ time, key: 'cutoff', from: app.id, value: 0.1 });
    expect(await text.line()).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}cutoff {2}from [0-9a-f]{8}…\.1 {2}0\.1$/);
    knobs.set('pan', -1);
    expect(await text.line()).toMatch(/ pan {5}from .* {2}-1$/);
    knobs.delete('cutoff');
    expect(JSON.parse(await json.line())).toEqual({ time, key: 'cutoff', from: app.id, isGone: true });
    expect(await text.line()).toMatch(/ gone$/);
    await app.close();
    expect(await text.line()).toMatch(/ pan {5}from .* {2}gone$/);
    text.interrupt();
    expect(await text.ended).toMatchObject({ code: 130 });
  });

  test('holds a value until it is interrupted, or for a while; then it vanishes', async () => {
    const here = new TalkingPlace();
    const app = await here.join();
    const changes = app.ephemeral('knobs').subscribe();
    const held = here.begin('ephemeral', 'acme', 'knobs', 'cutoff', '0.42');
    expect((await changes.next()).value).toMatchObject({ key: 'cutoff', value: 0.42 });
    expect(await held.note('held')).toBe('cutoff in knobs is held until Ctrl-C; then it vanishes');
    held.interrupt();
    expect(await held.ended).toMatchObject({ code: 130 });
    expect((await changes.next()).value).toMatchObject({ key: 'cutoff', value: undefined });
    expect(await here.run('ephemeral', 'acme', 'knobs', 'cutoff', '1', '--for', '0.2', '--json')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\{"group":"acme","name":"knobs","key":"cutoff","from":"[0-9a-f]{16}\.\d+","value":1\}\n$/) as string,
      err: 'cutoff in knobs is held for 0.2 s; then it vanishes\n',
    });
    expect((await changes.next()).value).toMatchObject({ value: 1 });
    expect((await changes.next()).value).toMatchObject({ value: undefined });
  });

  test.each([
    [['ephemeral', 'acme', 'knobs', 'a', '1', '--watch'], '--watch shows values'],
    [['ephemeral', 'acme', 'knobs', 'a', '--for', '1'], '--for holds a value'],
    [['ephemeral', 'acme', 'knobs', 'a', '1', '--for', 'soon'], '--for takes seconds'],
    [['ephemeral', 'acme', 'knobs', 'a', 'one'], `'"one"'`],
    [['ephemeral', 'acme', 'knobs/'], "'knobs/' is no name"],
  ])('refuses %j as a usage error', async (args, text) => {
    expect(await new TalkingPlace().run(...args)).toMatchObject({ code: 2, err: expect.stringContaining(text) as string });
  });
});

describe('socomm peers', () => {
  test('shows who is there, with the presence of each instance', async () => {
    const here = new TalkingPlace();
    const [app, viewer] = [await here.join(), await here.join({ storage: 'never' })];
    app.presence.set({ track: 'Bass', format: 'VST3' });
    const { code, out, err } = await here.run('peers', 'acme');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^INSTANCE +PID {2}ROLE +VERSION {2}PRESENCE$/);
    const pid = String(process.pid);
    expect(new Set(lines.slice(1).map((line) => line.split(/ {2,}/).join(' ')))).toEqual(
      new Set([
        `${app.id.slice(0, 8)}….1 ${pid} writer 0.1.0 {"track":"Bass","format":"VST3"}`,
        `${viewer.id.slice(0, 8)}….1 ${pid} watcher 0.1.0 –`,
      ]),
    );
    const listed = JSON.parse((await here.run('peers', 'acme', '--json')).out) as readonly unknown[];
    expect(listed).toHaveLength(2);
    expect(listed).toContainEqual({
      ...{ id: app.id.slice(0, 16), pid: process.pid, role: 'writer', version: '0.1.0', isSilent: false },
      instances: [{ id: app.id, presence: { track: 'Bass', format: 'VST3' } }],
    });
  });

  test('goes on with what changes', async () => {
    const here = new TalkingPlace();
    const app = await here.join();
    const watch = here.begin('peers', 'acme', '--watch', '--json');
    expect(JSON.parse(await watch.line())).toMatchObject([{ instances: [{ id: app.id, presence: null }] }]);
    app.presence.set({ track: 'Bass' });
    expect(JSON.parse(await watch.line())).toMatchObject([{ instances: [{ presence: { track: 'Bass' } }] }]);
    await app.close();
    await watch.note('nobody is in acme now');
    watch.interrupt();
    expect(await watch.ended).toMatchObject({ code: 130 });
  });

  test('says so where nobody is there, and does not make a group', async () => {
    const here = new TalkingPlace();
    expect(await here.run('peers', 'acme')).toMatchObject({ code: 3 });
    await (await here.join()).close();
    expect(await here.run('peers', 'acme')).toEqual({ code: 0, out: '', err: 'nobody is in acme now\n' });
    expect(await here.run('peers', 'acme', '--json')).toMatchObject({ code: 0, out: '[]\n' });
  });
});
