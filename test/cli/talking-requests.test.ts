import { describe, expect, test } from 'vitest';

import { raw } from '../../src/index.js';
import { TalkingPlace } from './talking.js';

describe('socomm request', () => {
  test('prints the answer: a string as it is, everything else as JSON', async () => {
    const here = new TalkingPlace();
    const app = await here.join();
    app.handle('echo', (input) => input);
    expect(await here.run('request', 'acme', 'echo', '{"a":[1]}')).toEqual({ code: 0, out: '{\n  "a": [\n    1\n  ]\n}\n', err: '' });
    expect(await here.run('request', 'acme', 'echo', '"tick"')).toMatchObject({ code: 0, out: 'tick\n' });
    expect(await here.run('request', 'acme', 'echo', '"tick"', '--json')).toMatchObject({ code: 0, out: '"tick"\n' });
    expect(await here.run('request', 'acme', 'echo')).toMatchObject({ code: 0, out: 'null\n' });
  });

  test('hands on bytes as they are', async () => {
    const here = new TalkingPlace();
    const app = await here.join();
    app.handle('double', (input: Uint8Array) => Buffer.concat([input, input]), { codec: raw() });
    expect(await here.run('request', 'acme', 'double', 'ab', '--codec', 'raw')).toEqual({ code: 0, out: 'abab', err: '' });
    expect(await here.run('request', 'acme', 'double', 'ab', '--codec', 'raw', '--json')).toMatchObject({ out: '{"base64":"YWJhYg=="}\n' });
    expect(await here.run('request', 'acme', 'double', '"ab"')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/\[SOCOMM_CODEC_MISMATCH\]\n {7}say with --codec/) as string,
    });
  });

  test('prints a stream of answers, one line each', async () => {
    const here = new TalkingPlace();
    const app = await here.join();
    app.handle('count', async function* (input) {
      for (let number = 1; number <= (input as number); number++) yield { number };
    });
    expect(await here.run('request', 'acme', 'count', '3', '--stream')).toEqual({
      code: 0,
      out: '{"number":1}\n{"number":2}\n{"number":3}\n',
      err: '',
    });
    expect(await here.run('request', 'acme', 'count', '3')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/\[SOCOMM_ANSWER_STREAMED\]\n {7}--stream prints/) as string,
    });
  });

  test('asks the writer, one that is named, or all', async () => {
    const here = new TalkingPlace();
    const [writer, other] = [await here.join(), await here.join({ storage: 'never' })];
    writer.handle('who', () => 'writer');
    other.handle('who', () => {
      throw Object.assign(new Error('not me'), { code: 'E_SHY' });
    });
    expect(await here.run('request', 'acme', 'who', '--to', 'writer')).toMatchObject({ code: 0, out: 'writer\n' });
    expect(await here.run('request', 'acme', 'who', '--to', writer.id)).toMatchObject({ code: 0, out: 'writer\n' });
    expect(await here.run('request', 'acme', 'who', '--to', other.id.slice(0, 8))).toMatchObject({ code: 1, out: '' });
    const shown = (id: string): string => `${id.slice(0, 8)}….1`;
    expect(await here.run('request', 'acme', 'who', '--to', 'all')).toEqual({
      code: 4,
      out: `${shown(writer.id)}  "writer"\n`,
      err: `${shown(other.id)}  failed: not me [E_SHY]\n`,
    });
    const { out } = await here.run('request', 'acme', 'who', '--to', 'all', '--json');
    const answers = out
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(answers).toHaveLength(2);
    expect(answers).toContainEqual({ from: writer.id, value: 'writer' });
    expect(answers).toContainEqual({ from: other.id, error: { code: 'E_SHY', message: 'not me' } });
  });

  test('tells what the handler threw, with code, message and data', async () => {
    const here = new TalkingPlace();
    const app = await here.join();
    app.handle('fail', () => {
      throw Object.assign(new Error('no such preset'), { code: 'E_PRESET', data: { id: 'pad' } });
    });
    expect(await here.run('request', 'acme', 'fail')).toEqual({
      code: 1,
      out: '',
      err: 'error: no such preset [E_PRESET]\n       so said who handles it, and: {"id":"pad"}\n',
    });
  });

  test('ends with 3 where nobody handles it, and makes no group', async () => {
    const here = new TalkingPlace();
    expect(await here.run('request', 'acme', 'echo')).toMatchObject({ code: 3 });
    const app = await here.join();
    app.handle('other', () => 1);
    expect(await here.run('request', 'acme', 'echo')).toMatchObject({
      code: 3,
      err: expect.stringMatching(/'echo' \[SOCOMM_NO_HANDLER\]\n {7}"socomm peers acme" shows/) as string,
    });
    expect(await here.run('request', 'acme', 'echo', '--to', 'all')).toMatchObject({ code: 3 });
    expect(await here.run('request', 'acme', 'echo', '--to', 'all', '--stream')).toMatchObject({ code: 2 });
  });

  test('cancels what it does not wait for any longer', async () => {
    const here = new TalkingPlace();
    const app = await here.join();
    const cancelled = new Promise<void>((resolve) => {
      app.handle('wait', (_, { signal }) => {
        signal.addEventListener('abort', () => resolve());
        return new Promise(() => undefined);
      });
    });
    expect(await here.run('request', 'acme', 'wait', '--timeout', '1')).toMatchObject({
      code: 5,
      err: expect.stringContaining('not done within 1 s') as string,
    });
    await cancelled;
  });
});
