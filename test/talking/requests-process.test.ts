/** Requests between real processes, over ZeroMQ, and between copies of the package. */

import { describe, expect, it } from 'vitest';
import { CJS, ESM, met, TalkPlace } from './talk-processes.js';

/** Noticing a death takes milliseconds; the rest is for a busy machine. */
const AT_ONCE_MS = 1000;

async function codeOf(promise: Promise<unknown>): Promise<{ readonly code: unknown; readonly tookMs: number }> {
  const begun = performance.now();
  const code = await promise.then(
    () => 'nothing',
    (error: unknown) => (error as { code?: unknown }).code,
  );
  return { code, tookMs: performance.now() - begun };
}

describe('a request to another process', () => {
  it.each([
    ['ESM', 'CJS', ESM, CJS],
    ['CJS', 'ESM', CJS, ESM],
  ] as const)('from a copy as %s to one as %s is answered, fails as its handler does, and streams', async (_from, _to, build, other) => {
    const place = new TalkPlace();
    const [here, there] = [await place.here(build), await place.there(other)];
    await met(here, there.id);
    expect(await here.request('echo', { a: [1, 'two', Uint8Array.of(3)] }, { to: there.id })).toEqual({ a: [1, 'two', Uint8Array.of(3)] });
    expect(await here.request('echo', 1)).toBe(1);
    const failed: unknown = await here.request('fail', 1, { to: there.id }).catch((error: unknown) => error);
    expect(failed).toMatchObject({ name: 'RequestError', code: 'E_ROOM', message: 'no room', data: { free: 3 }, from: there.id });
    expect(await codeOf(here.request('none', 1, { to: there.id }))).toMatchObject({ code: 'SOCOMM_NO_HANDLER' });
    expect(await codeOf(here.request('none', 1))).toMatchObject({ code: 'SOCOMM_NO_HANDLER' });
    const counted: unknown[] = [];
    for await (const answer of here.requestStream('count', 1000, { to: there.id })) counted.push(answer);
    expect(counted).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    // And between two copies in this process.
    const second = await place.here(other);
    second.handle('second', () => 'copy');
    await met(here, second.id);
    expect(await here.request('second', 1, { to: second.id })).toBe('copy');
    expect(await here.request('echo', 'all', { to: 'all' })).toEqual([{ from: there.id, value: 'all' }]);
  });

  it('rejects at once when that is killed, also while it is stopped', async () => {
    const place = new TalkPlace();
    const [here, there, stopped] = [await place.here(), await place.there(), await place.there()];
    await Promise.all([met(here, there.id), met(here, stopped.id)]);
    const hanging = here.request('hang', 1, { to: there.id });
    hanging.catch(() => undefined);
    await there.until(({ heard }) => heard === 'called');
    there.signal('SIGKILL');
    const killed = await codeOf(hanging);
    expect(killed.code).toBe('SOCOMM_PEER_LOST');
    expect(killed.tookMs).toBeLessThan(AT_ONCE_MS);
    stopped.signal('SIGSTOP');
    const waiting = here.request('echo', 2, { to: stopped.id });
    stopped.signal('SIGKILL');
    expect((await codeOf(waiting)).code).toBe('SOCOMM_PEER_LOST');
  });

  it('that is given up is cancelled there, by its signal, its time, and the end of who asked', async () => {
    const place = new TalkPlace();
    const [here, there] = [await place.here(), await place.there()];
    await met(here, there.id);
    const controller = new AbortController();
    const given = here.request('hang', 'signal', { to: there.id, signal: controller.signal });
    await there.until(({ heard, input }) => heard === 'called' && input === 'signal');
    controller.abort(new Error('changed my mind'));
    await expect(given).rejects.toThrow('changed my mind');
    expect(await there.until(({ heard, input }) => heard === 'cancelled' && input === 'signal')).toMatchObject({ name: 'AbortError' });
    expect(await codeOf(here.request('hang', 'time', { to: there.id, timeoutMs: 50 }))).toMatchObject({ code: 'SOCOMM_REQUEST_TIMEOUT' });
    expect(await there.until(({ heard, input }) => heard === 'cancelled' && input === 'time')).toMatchObject({
      reason: 'SOCOMM_REQUEST_TIMEOUT',
    });
    const left = here.request('hang', 'end', { to: there.id });
    left.catch(() => undefined);
    await there.until(({ heard, input }) => heard === 'called' && input === 'end');
    await here.close();
    expect(await codeOf(left)).toMatchObject({ code: 'SOCOMM_CLOSED' });
    expect(await there.until(({ heard, input }) => heard === 'cancelled' && input === 'end')).toMatchObject({ reason: 'SOCOMM_PEER_LOST' });
  });

  it('left in the midst of its answers ends the generator there', async () => {
    const place = new TalkPlace();
    const [here, there] = [await place.here(), await place.there()];
    await met(here, there.id);
    let last: unknown;
    for await (const answer of here.requestStream('count', 10_000_000, { to: there.id })) {
      last = answer;
      if (answer === 5) break;
    }
    expect(last).toBe(5);
    await there.until(({ heard }) => heard === 'counted');
  });
});
