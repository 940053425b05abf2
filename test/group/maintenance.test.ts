/** Maintenance from whoever asks to whoever writes, and back; and when it cannot be. What the writer does about it is not looked at here. */

import { describe, expect, it } from 'vitest';

import { MAINTENANCE_RETRY_MS, MAINTENANCE_TEXT_BYTES_MAX, MAINTENANCE_WORKING_MAX } from '../../sync/limits.js';
import type { MaintenanceOutcome, MaintenanceTask } from '../../sync/maintenance.js';
import { Errands } from './errands.js';

const backup: MaintenanceTask = { action: 'backup', target: '/somewhere' };
const done: MaintenanceOutcome = { ok: true, report: '1 document' };

describe('maintenance', () => {
  it('is carried out by the writer, for a follower and for itself, and its outcome comes back', async () => {
    const errands = await Errands.begin(2);
    const asked = errands.ask(errands.followers[0], backup);
    await errands.advance(10);
    expect(errands.begun).toEqual([{ by: errands.writer, task: backup }]);
    errands.finish(0, done);
    await errands.advance(10);
    expect(asked.outcome).toEqual(done);
    const own = errands.ask(errands.writer, { action: 'compact', target: '' });
    errands.finish(1, { ok: false, code: 'SOCOMM_IO', message: 'the disk said no' });
    await errands.advance(10);
    expect(own.outcome).toEqual({ ok: false, code: 'SOCOMM_IO', message: 'the disk said no' });
  });

  it('is carried out once, whatever is lost on the way', async () => {
    const errands = await Errands.begin(2);
    errands.network.requestLossRate = 1;
    const asked = errands.ask(errands.followers[0], backup);
    await errands.advance(MAINTENANCE_RETRY_MS - 100);
    errands.network.requestLossRate = 0;
    await errands.advance(MAINTENANCE_RETRY_MS);
    expect(errands.begun).toHaveLength(1);
    // Asked again and again while it lasts, and once more because the answer is lost.
    await errands.advance(5 * MAINTENANCE_RETRY_MS);
    errands.network.requestLossRate = 1;
    errands.finish(0, done);
    await errands.advance(MAINTENANCE_RETRY_MS / 2);
    expect(asked.outcome).toBeUndefined();
    errands.network.requestLossRate = 0;
    await errands.advance(MAINTENANCE_RETRY_MS);
    expect(asked.outcome).toEqual(done);
    expect(errands.begun).toHaveLength(1);
  });

  it('fails where the writer goes before it has answered, and is not asked of the next one', async () => {
    const errands = await Errands.begin(3);
    const asked = errands.ask(errands.followers[0], backup);
    await errands.advance(10);
    errands.killWriter();
    await errands.advance(3000);
    expect(asked.outcome).toMatchObject({ ok: false, code: 'SOCOMM_NO_WRITER' });
    expect(errands.begun).toHaveLength(1);
  });

  it('waits for a writer while there is none yet, and fails where nobody may or can write', async () => {
    const errands = await Errands.begin(2);
    const [follower] = errands.followers;
    errands.killWriter({ keepLock: true });
    const asked = errands.ask(follower, backup);
    await errands.advance(3000);
    expect(asked.outcome).toBeUndefined();
    errands.freeLock();
    await errands.advance(3000);
    errands.finish(0, done);
    await errands.advance(10);
    expect(asked.outcome).toEqual(done);

    errands.breakDisk();
    const inVain = errands.ask(follower, backup);
    await errands.advance(1000);
    expect(inVain.outcome).toMatchObject({ ok: false });
    const afterwards = errands.ask(follower, backup);
    await errands.advance(10);
    expect(afterwards.outcome).toMatchObject({ ok: false, code: 'SOCOMM_STORE_FAILED' });

    const watchers = await Errands.begin(2, { canWrite: false });
    const never = watchers.ask(watchers.followers[0], backup);
    await watchers.advance(10);
    expect(never.outcome).toMatchObject({ ok: false, code: 'SOCOMM_NO_WRITER' });
  });

  it('waits while the writer is only silent, until its caller has enough of it', async () => {
    const errands = await Errands.begin(2);
    errands.silenceWriter();
    await errands.advance(4000);
    const caller = new AbortController();
    const asked = errands.ask(errands.followers[0], backup, caller.signal);
    await errands.advance(20_000);
    expect([asked.outcome, asked.error]).toEqual([undefined, undefined]);
    caller.abort('enough');
    await errands.advance(1);
    expect(asked.error).toBe('enough');
  });

  it('of one peer is bounded: what is too much is taken up when there is room', async () => {
    const errands = await Errands.begin(2);
    const [follower] = errands.followers;
    const asked = Array.from({ length: MAINTENANCE_WORKING_MAX + 4 }, () => errands.ask(follower, backup));
    await errands.advance(10 * MAINTENANCE_RETRY_MS);
    expect(errands.begun).toHaveLength(MAINTENANCE_WORKING_MAX);
    for (let index = 0; index < MAINTENANCE_WORKING_MAX; index++) errands.finish(index, done);
    await errands.advance(2 * MAINTENANCE_RETRY_MS);
    expect(errands.begun).toHaveLength(MAINTENANCE_WORKING_MAX + 4);
    for (let index = MAINTENANCE_WORKING_MAX; index < asked.length; index++) errands.finish(index, done);
    await errands.advance(10);
    expect(asked.map(({ outcome }) => outcome)).toEqual(asked.map(() => done));
  });

  it('may report at length, but not without end, and cuts no character in two', async () => {
    const errands = await Errands.begin(2);
    const asked = errands.ask(errands.followers[0], backup);
    await errands.advance(10);
    errands.finish(0, { ok: true, report: `a${'é'.repeat(MAINTENANCE_TEXT_BYTES_MAX)}` });
    await errands.advance(10);
    const { outcome } = asked;
    expect(outcome?.ok === true && outcome.report).toBe(`a${'é'.repeat(MAINTENANCE_TEXT_BYTES_MAX / 2 - 1)}`);
  });

  it('that throws at the writer is an outcome too', async () => {
    const errands = await Errands.begin(2);
    const asked = errands.ask(errands.followers[0], backup);
    await errands.advance(10);
    errands.breakDown(0, new Error('a bug'));
    await errands.advance(10);
    expect(asked.outcome).toEqual({ ok: false, code: 'SOCOMM_IO', message: 'a bug' });
  });
});
