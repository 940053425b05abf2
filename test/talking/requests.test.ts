import { describe, expect, it } from 'vitest';
import { defineRequest } from '../../src/talk/definitions.js';
import { json } from '../../src/talk/codecs/json.js';
import { raw } from '../../src/talk/codecs/raw.js';
import { isRequestError } from '../../src/talk/request-error.js';
import type { RequestContext } from '../../src/talk/requests.js';
import { Party } from '../talk/party.js';
import type { PartyInstance } from '../talk/party.js';

/** One peer each. */
async function partyOf(count: number, seed?: number): Promise<{ readonly party: Party; readonly instances: readonly PartyInstance[] }> {
  const party = new Party(seed);
  const instances: PartyInstance[] = [];
  for (let index = 0; index < count; index++) instances.push((await party.peer()).instance());
  await party.pass(20);
  return { party, instances };
}

async function pair(): Promise<{ readonly party: Party; readonly asker: PartyInstance; readonly answerer: PartyInstance }> {
  const { party, instances } = await partyOf(2);
  return { party, asker: instances[0] as PartyInstance, answerer: instances[1] as PartyInstance };
}

const never = (): Promise<never> => new Promise(() => undefined);

describe('a request', () => {
  it('is answered with what the handler returns, or what its promise resolves with', async () => {
    const { party, asker, answerer } = await pair();
    answerer.requests.handle('double', (input: unknown) => (input as number) * 2);
    answerer.requests.handle('later', async (input: unknown, { from }: RequestContext) => ({ input, from }));
    expect(await party.until(asker.requests.request('double', 21, { to: answerer.id }))).toBe(42);
    expect(await party.until(asker.requests.request('later', 'x', { to: answerer.peer.id }))).toEqual({ input: 'x', from: asker.id });
  });

  it('reaches an instance of the same peer, and the asking instance itself', async () => {
    const { party, asker } = await pair();
    const neighbour = asker.peer.instance();
    neighbour.requests.handle('who', () => neighbour.id);
    expect(await party.until(asker.requests.request('who', undefined, { to: neighbour.id }))).toBe(neighbour.id);
    expect(await party.until(asker.requests.request('who', undefined))).toBe(neighbour.id);
    expect(await party.until(neighbour.requests.request('who', undefined))).toBe(neighbour.id);
  });

  it('to a definition takes its codecs, and carries large values both ways', async () => {
    const { party, asker, answerer } = await pair();
    const reverse = defineRequest({ name: 'samples/reverse', input: raw(), output: raw() });
    answerer.requests.handle(reverse, (bytes) => bytes.slice().reverse());
    for (const size of [0, 1, 16 * 1024 - 1, 16 * 1024, 256 * 1024, 256 * 1024 + 1, 3_000_000]) {
      const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 7) % 251);
      const answer = (await party.until(asker.requests.request(reverse, bytes, { to: answerer.id }))) as Uint8Array;
      expect(Buffer.compare(answer, bytes.slice().reverse()), `${size} bytes`).toBe(0);
    }
  });

  it('to anybody goes to those who handle it in turn, and is refused at once where nobody does', async () => {
    const { party, instances } = await partyOf(4);
    const [asker, ...others] = instances as [PartyInstance, ...PartyInstance[]];
    expect(await party.codeOf(asker.requests.request('analyse', 1), 300)).toBe('SOCOMM_NO_HANDLER');
    for (const { requests, id } of others) requests.handle('analyse', () => id);
    await party.pass(10);
    const answers = await party.until(Promise.all(Array.from({ length: 9 }, () => asker.requests.request('analyse', 1))));
    for (const { id } of others) expect(answers.filter((answer) => answer === id)).toHaveLength(3);
  });

  it('to anybody asks the next where the handler has just been taken back', async () => {
    const { party, instances } = await partyOf(3);
    const [asker, first, second] = instances as [PartyInstance, PartyInstance, PartyInstance];
    const ends = [first, second].map(({ requests, id }) => requests.handle('analyse', () => id));
    await party.until(asker.requests.request('analyse', 1));
    // The news is on its way while the requests are.
    ends[0]?.();
    const answers = await party.until(Promise.all(Array.from({ length: 6 }, () => asker.requests.request('analyse', 1))));
    expect(new Set(answers)).toEqual(new Set([second.id]));
  });

  it('to all is answered by each who handles it, with values and errors', async () => {
    const { party, instances } = await partyOf(4);
    const [asker, first, second] = instances as [PartyInstance, PartyInstance, PartyInstance];
    asker.requests.handle('mood', () => 'own');
    first.requests.handle('mood', () => 'good');
    second.requests.handle('mood', () => {
      throw Object.assign(new Error('bad day'), { code: 'E_MOOD' });
    });
    await party.pass(10);
    const answers = await party.until(asker.requests.request('mood', undefined, { to: 'all' }));
    expect(answers).toHaveLength(3);
    expect(answers).toContainEqual({ from: asker.id, value: 'own' });
    expect(answers).toContainEqual({ from: first.id, value: 'good' });
    expect(answers).toContainEqual({
      from: second.id,
      error: expect.objectContaining({ name: 'RequestError', code: 'E_MOOD' }) as unknown,
    });
    expect(await party.until(asker.requests.request('nobody', undefined, { to: 'all' }))).toEqual([]);
  });

  it('to the writer goes to whoever writes, and is refused where nobody does', async () => {
    const { party, asker, answerer } = await pair();
    answerer.requests.handle('save', () => 'saved');
    expect(await party.codeOf(asker.requests.request('save', 1, { to: 'writer' }))).toBe('SOCOMM_NO_WRITER');
    party.writer = answerer.peer.id;
    expect(await party.until(asker.requests.request('save', 1, { to: 'writer' }))).toBe('saved');
  });

  it('fails at once where nobody is, where nobody handles it, and where the codecs differ', async () => {
    const { party, asker, answerer } = await pair();
    answerer.requests.handle('hello', () => 'world', { codec: json() });
    const stranger = `${'0'.repeat(15)}1.1` as PartyInstance['id'];
    const closed = answerer.peer.instance();
    closed.close();
    await party.pass(10);
    expect(await party.codeOf(asker.requests.request('hello', 1, { to: stranger }))).toBe('SOCOMM_PEER_UNKNOWN');
    expect(await party.codeOf(asker.requests.request('hello', 1, { to: closed.id }))).toBe('SOCOMM_PEER_UNKNOWN');
    expect(await party.codeOf(asker.requests.request('other', 1, { to: answerer.id }))).toBe('SOCOMM_NO_HANDLER');
    expect(await party.codeOf(asker.requests.request('other', 1, { to: answerer.peer.id }))).toBe('SOCOMM_NO_HANDLER');
    const mismatch = asker.requests.request('hello', 1, { to: answerer.id });
    await expect(party.until(mismatch)).rejects.toMatchObject({
      code: 'SOCOMM_CODEC_MISMATCH',
      message: expect.stringMatching(/json.*lib0/) as unknown,
    });
  });

  it('carries what a handler throws as code, message and data', async () => {
    const { party, asker, answerer } = await pair();
    answerer.requests.handle('fail', (how: unknown) => {
      if (how === 'plain') throw new Error('it hurts');
      const { no: text }: { no?: unknown } = { no: how };
      if (how === 'no error') return Promise.reject(text);
      if (how === 'nothing') throw Object.create(null) as Error;
      if (how === 'evil')
        throw Object.defineProperty(new Error('evil'), 'code', {
          get: () => {
            throw new Error('no code');
          },
        });
      if (how === 'bad data') throw Object.assign(new Error('it hurts'), { code: 'E', data: new Map() });
      throw Object.assign(new Error('no room'), { code: 'E_ROOM', data: { free: 3, at: Uint8Array.of(1, 2) } });
    });
    const ask = (how: string): Promise<unknown> => party.until(asker.requests.request('fail', how, { to: answerer.id }));
    const caught = await ask('rich').catch((error: unknown) => error);
    expect(isRequestError(caught, 'E_ROOM')).toBe(true);
    expect(caught).toMatchObject({ message: 'no room', data: { free: 3, at: Uint8Array.of(1, 2) }, from: answerer.id });
    await expect(ask('plain')).rejects.toMatchObject({
      name: 'RequestError',
      code: 'SOCOMM_HANDLER_FAILED',
      message: 'it hurts',
      data: undefined,
    });
    await expect(ask('no error')).rejects.toMatchObject({ code: 'SOCOMM_HANDLER_FAILED', message: 'no error' });
    await expect(ask('nothing')).rejects.toMatchObject({ code: 'SOCOMM_HANDLER_FAILED' });
    await expect(ask('evil')).rejects.toMatchObject({ code: 'SOCOMM_HANDLER_FAILED', message: 'evil' });
    await expect(ask('bad data')).rejects.toMatchObject({ code: 'E', data: undefined });
  });

  it('whose input does not decode is refused, and the handler is not called', async () => {
    const { party, asker, answerer } = await pair();
    let calls = 0;
    const even = { ...raw(), name: 'even' };
    const picky = {
      ...even,
      decode: (bytes: Uint8Array): Uint8Array => {
        if (bytes.length % 2 === 1) throw new RangeError('odd');
        return bytes;
      },
    };
    answerer.requests.handle('even', () => (calls++, new Uint8Array(3)), { codec: picky });
    expect(await party.codeOf(asker.requests.request('even', new Uint8Array(1), { to: answerer.id, codec: even }))).toBe(
      'SOCOMM_VALUE_INVALID',
    );
    expect(calls).toBe(0);
    // And so is an answer that does not.
    answerer.requests.handle('odd', () => new Uint8Array(3), { codec: even });
    expect(await party.codeOf(asker.requests.request('odd', new Uint8Array(2), { to: answerer.id, codec: picky }))).toBe(
      'SOCOMM_VALUE_INVALID',
    );
  });

  it('is cancelled at the handler when its signal is aborted, when its time is over, and when its asker closes or dies', async () => {
    const { party, asker, answerer } = await pair();
    const reasons: unknown[] = [];
    answerer.requests.handle('hang', (_input: unknown, { signal }: RequestContext) => {
      signal.addEventListener('abort', () => reasons.push((signal.reason as { name: string; code?: unknown }).code ?? signal.reason));
      return never();
    });
    const ask = (options: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {}): Promise<unknown> =>
      asker.requests.request('hang', 1, { to: answerer.id, ...options });
    const controller = new AbortController();
    const [aborted, timedOut, closed] = [ask({ signal: controller.signal }), ask({ timeoutMs: 50 }), ask()];
    await party.pass(10);
    const reason = new Error('changed my mind');
    controller.abort(reason);
    await expect(party.until(aborted)).rejects.toBe(reason);
    expect(await party.codeOf(timedOut)).toBe('SOCOMM_REQUEST_TIMEOUT');
    await party.pass(10);
    expect(reasons).toHaveLength(2);
    asker.close();
    expect(await party.codeOf(closed)).toBe('SOCOMM_CLOSED');
    await party.pass(10);
    expect(reasons).toEqual([20, 'SOCOMM_REQUEST_TIMEOUT', 'SOCOMM_PEER_LOST']);
    const other = asker.peer.instance();
    void other.requests.request('hang', 1, { to: answerer.id }).catch(() => undefined);
    await party.pass(10);
    asker.peer.crash();
    await party.pass(10);
    expect(reasons).toHaveLength(4);
    expect(answerer.peer.channels.openCount).toBe(0);
  });

  it('may share its signal with many others', async () => {
    const { party, asker, answerer } = await pair();
    answerer.requests.handle('hang', never);
    answerer.requests.handle('quick', () => 1);
    const controller = new AbortController();
    const warnings: unknown[] = [];
    const note = (warning: Error): void => void warnings.push(warning.name);
    process.on('warning', note);
    const { signal } = controller;
    const asked = Array.from({ length: 50 }, (_, index) =>
      asker.requests.request(index % 2 === 0 ? 'hang' : 'quick', 1, { to: answerer.id, signal }),
    );
    const codes = Promise.all(asked.map((request) => party.codeOf(request)));
    await party.pass(20);
    controller.abort();
    expect(new Set(await codes)).toEqual(new Set([20, 'nothing']));
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  it('with a signal that is aborted already, or a time that is none, asks nobody', async () => {
    const { party, asker, answerer } = await pair();
    let calls = 0;
    answerer.requests.handle('count', () => ++calls);
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(party.until(asker.requests.request('count', 1, { to: answerer.id, signal }))).rejects.toThrow('too late');
    await expect(asker.requests.requestStream('count', 1, { signal }).next()).rejects.toThrow('too late');
    expect(() => asker.requests.request('count', 1, { timeoutMs: Number.NaN })).toThrow(TypeError);
    await party.pass(10);
    expect(calls).toBe(0);
  });

  it('to who dies, or closes, rejects at once', async () => {
    const { party, asker, answerer } = await pair();
    answerer.requests.handle('hang', never);
    const [first, second] = [1, 2].map(() => asker.requests.request('hang', 1, { to: answerer.id }));
    await party.pass(5);
    const neighbour = answerer.peer.instance();
    answerer.close();
    const codes = await Promise.all([first, second].map((asked) => party.codeOf(asked as Promise<unknown>, 10)));
    expect(codes).toEqual(['SOCOMM_PEER_LOST', 'SOCOMM_PEER_LOST']);
    neighbour.requests.handle('hang', never);
    const third = asker.requests.request('hang', 1, { to: neighbour.id });
    await party.pass(5);
    answerer.peer.crash();
    expect(await party.codeOf(third, 10)).toBe('SOCOMM_PEER_LOST');
  });

  it('waits while the handler has its hands full, in order, and is refused where too many wait', async () => {
    const { party, asker, answerer } = await pair();
    const open: (() => void)[] = [];
    const begun: unknown[] = [];
    answerer.requests.handle(
      'work',
      (input: unknown) => {
        begun.push(input);
        return new Promise<unknown>((resolve) => open.push(() => resolve(input)));
      },
      { concurrencyMax: 2 },
    );
    const outcomes: unknown[] = [];
    const asked = Array.from({ length: 1027 }, (_, index) =>
      asker.requests.request('work', index, { to: answerer.id }).then(
        (value) => void outcomes.push(value),
        (error: unknown) => void outcomes.push((error as { code: string }).code),
      ),
    );
    await party.pass(20);
    expect(begun).toEqual([0, 1]);
    expect(outcomes).toEqual(['SOCOMM_BUSY']);
    while (outcomes.length < asked.length) {
      for (const finish of open.splice(0)) finish();
      await party.pass(2);
    }
    expect(begun).toEqual(Array.from({ length: 1026 }, (_, index) => index));
    expect(answerer.peer.channels.openCount + asker.peer.channels.openCount).toBe(0);
  });

  it('that was given up while it waited is never begun', async () => {
    const { party, asker, answerer } = await pair();
    const begun: unknown[] = [];
    const open: (() => void)[] = [];
    answerer.requests.handle(
      'work',
      (input: unknown) => {
        begun.push(input);
        return new Promise<undefined>((resolve) => open.push(() => resolve(undefined)));
      },
      { concurrencyMax: 1 },
    );
    const controller = new AbortController();
    void asker.requests.request('work', 'first', { to: answerer.id });
    const second = asker.requests.request('work', 'second', { to: answerer.id, signal: controller.signal });
    void asker.requests.request('work', 'third', { to: answerer.id });
    await party.pass(10);
    controller.abort();
    await expect(party.until(second)).rejects.toThrow();
    await party.pass(10);
    open.shift()?.();
    await party.pass(10);
    expect(begun).toEqual(['first', 'third']);
  });

  it('answered by a stream is told so, and the generator ends', async () => {
    const { party, asker, answerer } = await pair();
    const events: string[] = [];
    answerer.requests.handle('many', async function* many() {
      try {
        events.push('begun');
        yield 1;
      } finally {
        events.push('ended');
      }
    });
    expect(await party.codeOf(asker.requests.request('many', 1, { to: answerer.id }))).toBe('SOCOMM_ANSWER_STREAMED');
    expect(events).toEqual([]);
  });

  it('refuses what a programmer got wrong at once', async () => {
    const { asker } = await pair();
    expect(() => asker.requests.request('no name!', 1)).toThrow(TypeError);
    expect(() => asker.requests.request('ok', 1, { to: 'somebody' as never })).toThrow(TypeError);
    expect(() => asker.requests.request('ok', new Map())).toThrow(TypeError);
    expect(() => asker.requests.handle('ok', 'no function' as never)).toThrow(TypeError);
    expect(() => asker.requests.handle('ok', () => 1, { concurrencyMax: 0 })).toThrow(TypeError);
    asker.requests.handle('ok', () => 1);
    expect(() => asker.requests.handle('ok', () => 2)).toThrow(TypeError);
  });

  it('of an input or an answer above 64 MiB is refused', async () => {
    const { party, asker, answerer } = await pair();
    const big = defineRequest({ name: 'big', input: raw(), output: raw() });
    answerer.requests.handle(big, () => new Uint8Array(64 * 1024 * 1024 + 1));
    expect(await party.codeOf(asker.requests.request(big, new Uint8Array(64 * 1024 * 1024 + 1), { to: answerer.id }))).toBe(
      'SOCOMM_TOO_LARGE',
    );
    expect(await party.codeOf(asker.requests.request(big, new Uint8Array(1), { to: answerer.id }))).toBe('SOCOMM_TOO_LARGE');
  });
});

describe('a stream of answers', () => {
  it('comes in order, no faster than it is taken', async () => {
    const { party, asker, answerer } = await pair();
    let yielded = 0;
    answerer.requests.handle('many', async function* many(count: unknown) {
      for (let index = 0; index < (count as number); index++) {
        yielded++;
        yield { index, pad: new Uint8Array(10_000) };
      }
    });
    const answers = asker.requests.requestStream('many', 1000, { to: answerer.id });
    const first = await party.until(answers.next());
    expect(first.value).toMatchObject({ index: 0 });
    await party.pass(100);
    expect(yielded).toBeLessThan(120);
    for (let index = 1; index < 1000; index++) expect((await party.until(answers.next())).value).toMatchObject({ index });
    expect(await party.until(answers.next())).toEqual({ done: true, value: undefined });
    await party.pass(10);
    expect(answerer.peer.channels.openCount + asker.peer.channels.openCount).toBe(0);
  });

  it('left early ends the generator, wherever it is', async () => {
    const { party, asker, answerer } = await pair();
    const events: string[] = [];
    answerer.requests.handle('count', async function* count(_input: unknown, { signal }: RequestContext) {
      try {
        for (let index = 0; !signal.aborted; index++) yield { index, pad: new Uint8Array(100_000) };
        events.push('saw the signal');
      } finally {
        events.push('finally');
      }
    });
    const loop = (async () => {
      for await (const answer of asker.requests.requestStream('count', 1, { to: answerer.id })) {
        if ((answer as { index: number }).index === 30) return 'left';
      }
      return 'ended';
    })();
    expect(await party.until(loop)).toBe('left');
    await party.pass(10);
    expect(events).toContain('finally');
    expect(answerer.peer.channels.openCount + asker.peer.channels.openCount).toBe(0);
  });

  it('of one answer yields it once; an error comes after the answers before it', async () => {
    const { party, asker, answerer } = await pair();
    answerer.requests.handle('one', () => 'only');
    answerer.requests.handle('two', async function* two() {
      yield 1;
      throw Object.assign(new Error('no more'), { code: 'E_DRY' });
    });
    const all = async (name: string): Promise<unknown[]> => {
      const got: unknown[] = [];
      try {
        for await (const answer of asker.requests.requestStream(name, 1, { to: answerer.id })) got.push(answer);
      } catch (error) {
        got.push((error as { code: string }).code);
      }
      return got;
    };
    expect(await party.until(all('one'))).toEqual(['only']);
    expect(await party.until(all('two'))).toEqual([1, 'E_DRY']);
    expect(await party.until(all('none'))).toEqual(['SOCOMM_NO_HANDLER']);
  });

  it('ends with an error at once when its handler dies, and a late handler is cancelled by it', async () => {
    const { party, asker, answerer } = await pair();
    answerer.requests.handle('drip', async function* drip() {
      yield 1;
      await never();
    });
    const answers = asker.requests.requestStream('drip', 1, { to: answerer.id });
    await party.until(answers.next());
    const next = answers.next();
    answerer.peer.crash();
    expect(await party.codeOf(next, 10)).toBe('SOCOMM_PEER_LOST');
    expect(await party.until(answers.next())).toEqual({ done: true, value: undefined });
  });
});
