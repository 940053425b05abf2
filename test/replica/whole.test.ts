/**
 * An update is integrated whole or not at all: while anything misses that it builds on, none of its deletions shows, is handed on or
 * stored, and what is set aside leaves nothing behind.
 */

import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import { CHECKED_ANSWER_BYTES_MAX } from '../../src/replica/limits.js';
import type { Replica } from '../../src/replica/replica.js';
import { hasGaps, includesLog, loadStoredDocument, wholeStateOf } from '../../src/replica/stored-document.js';
import { follow, record } from './recorder.js';
import type { Recorded } from './recorder.js';

const NOTHING = Uint8Array.of(0);
const map = (replica: Replica) => replica.doc.getMap<unknown>('map');
const give = (to: Recorded, updates: readonly Uint8Array[]): void => expect(to.replica.apply(updates, 'frame')).toEqual({ ok: true });

interface Scene {
  readonly author: Recorded;
  readonly survivor: Recorded;
  /** What the survivor has had; the author's own key is in it. */
  readonly base: readonly Uint8Array[];
  /** Of another, whom the survivor has not heard. */
  readonly unseen: readonly Uint8Array[];
}

/** The author sets a key of its own, which the survivor has. Then it sees what another set, which the survivor has not. */
function scene(): Scene {
  const [author, other, survivor] = [record(1), record(2), record(3)];
  map(author.replica).set('own', 'acknowledged');
  const base = [...author.changed];
  author.changed.length = 0;
  give(survivor, base);
  give(other, base);
  map(other.replica).set('shared', 'of the dead');
  give(author, other.changed);
  return { author, survivor, base, unseen: other.changed };
}

/** The case that lost an acknowledged value: the update that overwrites it builds on what was never heard. */
function overwritten(): Scene & { readonly update: Uint8Array } {
  const scenery = scene();
  const { author } = scenery;
  author.replica.doc.transact(() => {
    map(author.replica).set('shared', 'of the author');
    map(author.replica).set('own', 'newer');
  });
  return { ...scenery, update: author.changed[0] as Uint8Array };
}

describe('an update that overwrites a value, and builds on what is not here', () => {
  it('leaves the value as it is, while it waits', () => {
    const { survivor, update } = overwritten();
    give(survivor, [update]);
    expect(survivor.replica.hasPending()).toBe(true);
    expect(map(survivor.replica).toJSON()).toEqual({ own: 'acknowledged' });
  });

  it('leaves it also where the two changes came as two updates', () => {
    const { author, survivor } = scene();
    map(author.replica).set('shared', 'of the author');
    author.replica.heal();
    map(author.replica).set('own', 'newer');
    expect(author.changed).toHaveLength(2);
    for (const update of author.changed) give(survivor, [update]);
    expect(map(survivor.replica).toJSON()).toEqual({ own: 'acknowledged' });
    survivor.replica.setAside();
    expect(survivor.replica.hasPending()).toBe(false);
    expect(map(survivor.replica).toJSON()).toEqual({ own: 'acknowledged' });
  });

  it('is told to nobody, is in no answer, no snapshot and no digest', () => {
    const { survivor, base, update } = overwritten();
    const before = { digest: survivor.replica.digest(), told: survivor.received.length };
    give(survivor, [update]);
    expect(survivor.received).toHaveLength(before.told);
    expect(survivor.replica.digest()).toBe(before.digest);
    const answered = record(5);
    expect(answered.replica.apply([survivor.replica.difference(NOTHING)], 'catch-up')).toEqual({ ok: true });
    expect(map(answered.replica).toJSON()).toEqual({ own: 'acknowledged' });
    const snapshot = survivor.replica.snapshot();
    expect(loadStoredDocument({ snapshot, updates: [] }).getMap('map').toJSON()).toEqual({ own: 'acknowledged' });
    expect(survivor.replica.difference(survivor.replica.stateVector())).toEqual(
      follow({ changed: [...base] }).replica.difference(survivor.replica.stateVector()),
    );
  });

  it('is set aside whole: nothing of it is left, and the value stays', () => {
    const { survivor, update } = overwritten();
    const digest = survivor.replica.digest();
    give(survivor, [update]);
    expect(survivor.replica.setAside()).toBe(update.length);
    expect(survivor.replica.hasPending()).toBe(false);
    expect(survivor.replica.digest()).toBe(digest);
    expect(map(survivor.replica).toJSON()).toEqual({ own: 'acknowledged' });
  });

  it('takes effect as one when what it builds on comes', () => {
    const { author, survivor, unseen, update } = overwritten();
    give(survivor, [update]);
    const seen: unknown[] = [];
    map(survivor.replica).observe(() => void seen.push(map(survivor.replica).toJSON()));
    give(survivor, unseen);
    expect(survivor.replica.hasPending()).toBe(false);
    expect(seen).toEqual([{ own: 'newer', shared: 'of the author' }]);
    expect(survivor.replica.digest()).toBe(author.replica.digest());
    expect(follow({ changed: survivor.received }, 6).replica.digest()).toBe(author.replica.digest());
  });

  it('may come once more after it was set aside', () => {
    const { author, survivor, unseen, update } = overwritten();
    give(survivor, [update]);
    survivor.replica.setAside();
    give(survivor, [update, ...unseen]);
    expect(survivor.replica.digest()).toBe(author.replica.digest());
  });

  it('is not counted as pending for nothing: an answer that brings all of it ends that', () => {
    const { author, survivor, update } = overwritten();
    give(survivor, [update]);
    expect(survivor.replica.apply([author.replica.difference(survivor.replica.stateVector())], 'catch-up')).toEqual({ ok: true });
    expect(survivor.replica.hasPending()).toBe(false);
    expect(survivor.replica.digest()).toBe(author.replica.digest());
  });

  it('does not take effect in part: a new map is not shown without what was put into it', () => {
    const { author, survivor } = scene();
    author.replica.doc.transact(() => {
      const inner = new Y.Map<unknown>();
      map(author.replica).set('own', inner);
      map(author.replica).set('shared', 'of the author');
      inner.set('name', 'Warm Pad');
    });
    give(survivor, author.changed);
    survivor.replica.setAside();
    expect(map(survivor.replica).toJSON()).toEqual({ own: 'acknowledged' });
  });

  it('leaves it in an answer that is too large to be checked, too', () => {
    const { author, survivor, unseen } = scene();
    author.replica.doc.transact(() => {
      map(author.replica).set('shared', 'x'.repeat(CHECKED_ANSWER_BYTES_MAX));
      map(author.replica).set('own', 'newer');
    });
    expect(survivor.replica.apply(author.changed, 'catch-up')).toEqual({ ok: true });
    expect(survivor.replica.hasPending()).toBe(true);
    expect(map(survivor.replica).toJSON()).toEqual({ own: 'acknowledged' });
    give(survivor, unseen);
    expect(survivor.replica.digest()).toBe(author.replica.digest());
  });

  it('leaves it in a spill that is too large to be checked, also where nothing is yet', () => {
    const { author, base, unseen } = scene();
    map(author.replica).set('shared', 'x'.repeat(CHECKED_ANSWER_BYTES_MAX));
    const late = author.changed[0] as Uint8Array;
    const reader = record(7);
    expect(reader.replica.apply([late], 'spill')).toEqual({ ok: true });
    expect(reader.replica.hasPending()).toBe(true);
    expect(reader.replica.isEmpty).toBe(false);
    expect(map(reader.replica).toJSON()).toEqual({});
    give(reader, [...base, ...unseen]);
    expect(reader.replica.digest()).toBe(author.replica.digest());
  });
});

describe('a large answer to who has nothing', () => {
  it('is the whole, with all deletions, and leaves nothing pending', () => {
    const { author, unseen } = scene();
    for (let each = 0; each < 40; each++) map(author.replica).set(`key ${each % 30}`, 'x'.repeat(CHECKED_ANSWER_BYTES_MAX / 16));
    map(author.replica).delete('key 3');
    // What waits with the answerer is in no answer.
    give(author, follow({ changed: [...unseen] }, 8).changed);
    const newcomer = record(9);
    const answer = author.replica.difference(NOTHING);
    expect(answer.length).toBeGreaterThan(CHECKED_ANSWER_BYTES_MAX);
    expect(newcomer.replica.apply([answer], 'catch-up')).toEqual({ ok: true });
    expect(newcomer.replica.hasPending()).toBe(false);
    expect(newcomer.replica.digest()).toBe(author.replica.digest());
    expect(map(newcomer.replica).toJSON()).toEqual(map(author.replica).toJSON());
  });
});

describe('a text that is replaced', () => {
  const text = (replica: Replica) => replica.doc.getText('text');

  it('keeps its old words until the new ones can be placed', () => {
    const [author, other, survivor] = [record(1), record(2), record(3)];
    text(author.replica).insert(0, 'old words');
    give(survivor, author.changed);
    give(other, author.changed);
    text(other.replica).insert(9, ', unheard');
    give(author, other.changed);
    author.changed.length = 0;
    author.replica.doc.transact(() => {
      text(author.replica).delete(0, 9);
      text(author.replica).insert(9, ' and new words');
    });
    give(survivor, author.changed);
    expect(text(survivor.replica).toJSON()).toBe('old words');
    give(survivor, other.changed);
    expect(text(survivor.replica).toJSON()).toBe(', unheard and new words');
  });

  it('loses nothing to a deletion that waits for what else it deletes', () => {
    const [author, other, survivor] = [record(1), record(2), record(3)];
    text(author.replica).insert(0, 'old words');
    give(survivor, author.changed);
    give(other, author.changed);
    text(other.replica).insert(9, ', unheard');
    give(author, other.changed);
    author.changed.length = 0;
    text(author.replica).delete(0, text(author.replica).length);
    give(survivor, author.changed);
    expect(survivor.replica.hasPending()).toBe(true);
    expect(text(survivor.replica).toJSON()).toBe('old words');
    give(survivor, other.changed);
    expect(survivor.replica.hasPending()).toBe(false);
    expect(text(survivor.replica).toJSON()).toBe('');
  });
});

describe('of several updates that wait', () => {
  it('those go on whose need is met, and the others stay whole', () => {
    const [author, a, b, survivor] = [record(1), record(2), record(3), record(4)];
    map(author.replica).set('own', 'acknowledged');
    for (const each of [a, b, survivor]) give(each, author.changed);
    author.changed.length = 0;
    map(a.replica).set('of a', 1);
    map(b.replica).set('of b', 1);
    give(author, a.changed);
    map(author.replica).set('of a', 2);
    give(author, b.changed);
    author.replica.doc.transact(() => {
      map(author.replica).set('of b', 2);
      map(author.replica).set('own', 'newer');
    });
    author.replica.heal();
    map(author.replica).delete('of a');
    give(survivor, author.changed);
    expect(map(survivor.replica).toJSON()).toEqual({ own: 'acknowledged' });
    // What A wrote comes, what B wrote never does.
    give(survivor, a.changed);
    expect(survivor.replica.hasPending()).toBe(true);
    expect(map(survivor.replica).toJSON()).toEqual({ own: 'acknowledged' });
    expect(map(survivor.replica).has('of a')).toBe(false);
    survivor.replica.setAside();
    expect(map(survivor.replica).toJSON()).toEqual({ own: 'acknowledged' });
    give(survivor, [author.replica.difference(survivor.replica.stateVector())]);
    expect(survivor.replica.digest()).toBe(author.replica.digest());
  });
});

describe('a log with a hole', () => {
  const log = (): { readonly kept: readonly Uint8Array[]; readonly lost: readonly Uint8Array[] } => {
    const { base, unseen, update } = overwritten();
    return { kept: [...base, update], lost: unseen };
  };

  it('gives the last value of each key that it holds whole', () => {
    const { kept, lost } = log();
    const { replica } = record(7);
    replica.load({ snapshot: undefined, updates: kept });
    expect(replica.hasPending()).toBe(true);
    expect(map(replica).toJSON()).toEqual({ own: 'acknowledged' });
    give({ ...record(8), replica }, lost);
    expect(map(replica).toJSON()).toEqual({ own: 'newer', shared: 'of the author' });
  });

  it('is told from a whole one, and looked at by the same rule', () => {
    const { kept, lost } = log();
    const torn = { snapshot: undefined, updates: kept };
    const whole = { snapshot: undefined, updates: [kept[0] as Uint8Array, ...lost, kept[1] as Uint8Array] };
    expect([hasGaps(torn), hasGaps(whole)]).toEqual([true, false]);
    expect(wholeStateOf(torn)).toBeUndefined();
    expect(loadStoredDocument(torn).getMap('map').toJSON()).toEqual({ own: 'acknowledged' });
    expect(loadStoredDocument(whole).getMap('map').toJSON()).toEqual({ own: 'newer', shared: 'of the author' });
    const state = wholeStateOf(whole);
    expect(includesLog(state?.state ?? NOTHING, whole, state?.digest ?? '')).toBe(true);
  });
});

describe('what the application itself gives to its document', () => {
  it('is neither stored nor spread before Yjs can place it', () => {
    const { survivor, unseen, update } = overwritten();
    const { replica } = survivor;
    Y.applyUpdate(replica.doc, update);
    expect(replica.hasPending()).toBe(true);
    const answered = record(5);
    expect(answered.replica.apply([replica.difference(NOTHING)], 'catch-up')).toEqual({ ok: true });
    expect(answered.replica.hasPending()).toBe(false);
    give(survivor, unseen);
    expect(replica.hasPending()).toBe(false);
    expect(map(replica).toJSON()).toEqual({ own: 'newer', shared: 'of the author' });
  });

  it('serves what waits, with the next update that comes', () => {
    const { author, survivor, unseen, update } = overwritten();
    give(survivor, [update]);
    for (const each of unseen) Y.applyUpdate(survivor.replica.doc, each);
    map(author.replica).set('more', 1);
    give(survivor, author.changed.slice(-1));
    expect(survivor.replica.hasPending()).toBe(false);
    expect(survivor.replica.digest()).toBe(author.replica.digest());
  });
});
