/**
 * Many replicas that set, delete, undo and redo at random, over a network that delivers when and in what order it likes: when all
 * has arrived they read the same; and where nobody did anything at once, they read what a plain `Map` would.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entriesIn, exchange, give, holder, stateOf } from './scene.js';
import type { Holder } from './scene.js';

const KEYS = 5;

type Step =
  | { readonly kind: 'set' | 'delete'; readonly who: number; readonly key: number; readonly value: number }
  | { readonly kind: 'undo' | 'redo'; readonly who: number }
  /** Some of what `from` has to give goes to `to`; which, is for `pick` to say. */
  | { readonly kind: 'deliver'; readonly from: number; readonly to: number; readonly pick: number };

const whom = fc.nat({ max: 4 });
const key = fc.nat({ max: KEYS - 1 });
const change = fc.record({ kind: fc.constantFrom('set' as const, 'set' as const, 'delete' as const), who: whom, key, value: fc.nat() });
const again = fc.record({ kind: fc.constantFrom('undo' as const, 'redo' as const), who: whom });
const delivery = fc.record({ kind: fc.constant('deliver' as const), from: whom, to: whom, pick: fc.nat() });
const steps = fc.array(fc.oneof<fc.Arbitrary<Step>[]>(change, change, again, delivery, delivery), { maxLength: 120 });

function perform({ map, undo }: Holder, step: Exclude<Step, { kind: 'deliver' }>): void {
  if (step.kind === 'set') map.set(`k${step.key}`, step.value);
  else if (step.kind === 'delete') map.delete(`k${step.key}`);
  else if (step.kind === 'undo') undo.undo();
  else undo.redo();
}

/** What the observers were told must come to what the map says. */
function follow({ map }: Holder): Map<string, unknown> {
  const followed = new Map<string, unknown>();
  map.observe(({ keys }) => {
    for (const [name, { action, oldValue, newValue }] of keys) {
      expect(followed.get(name)).toBe(oldValue);
      expect(followed.has(name)).toBe(action !== 'add');
      if (action === 'delete') followed.delete(name);
      else followed.set(name, newValue);
    }
  });
  return followed;
}

test('replicas that have exchanged everything read the same, whatever came when, and so does one that is opened then', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat({ max: 1000 }), { minLength: 5, maxLength: 5 }), steps, (clientIds, script) => {
      const all = clientIds.map((id) => holder(id + 1));
      const followed = all.map(follow);
      const owed = all.map(() => all.map((): Uint8Array[] => []));
      const collect = (): void =>
        all.forEach(({ outbox }, from) => outbox.splice(0).forEach((update) => owed[from]?.forEach((list) => list.push(update))));
      for (const step of script) {
        if (step.kind === 'deliver') {
          const list = owed[step.from]?.[step.to] ?? [];
          const count = list.length === 0 ? 0 : (step.pick % list.length) + 1;
          if (step.from !== step.to) give(all[step.to] as Holder, list.splice(step.pick % (list.length - count + 1), count));
        } else perform(all[step.who] as Holder, step);
        collect();
      }
      owed.forEach((lists, from) => lists.forEach((list, to) => from !== to && give(all[to] as Holder, list)));
      collect();
      exchange(all);
      const [first] = all as [Holder];
      const late = holder();
      const before = all.map(({ map }) => map.toJSON());
      for (const each of before) expect(each).toEqual(before[0]);
      expect(followed.map((each) => Object.fromEntries(each))).toEqual(before);
      // Whoever writes next clears away what is left over, for everybody.
      first.map.set('last', 1);
      exchange(all);
      expect(all.map(entriesIn)).toEqual(all.map(({ map }) => map.size));
      for (const { map } of all) expect(map.toJSON()).toEqual({ ...before[0], last: 1 });
      give(late, [stateOf(first)]);
      expect(late.map.toJSON()).toEqual(first.map.toJSON());
    }),
    { numRuns: 300 },
  );
});

test('replicas that hear each other before each step read what a plain map reads', () => {
  const undone = fc.record({ kind: fc.constant('undo' as const), who: whom });
  fc.assert(
    fc.property(
      fc.array(fc.oneof<fc.Arbitrary<Exclude<Step, { kind: 'deliver' }>>[]>(change, change, undone), { maxLength: 80 }),
      (script) => {
        const all = Array.from({ length: 5 }, () => holder());
        const model = new Map<string, number>();
        /** Of each replica: what its step replaced, and what it left. Undone only where that is still so, as in a `Y.Map`. */
        const done: { name: string; before: number | undefined; after: number | undefined; at: number }[][] = all.map(() => []);
        const changed = new Map<string, number>();
        let at = 0;
        for (const step of script) {
          at++;
          if (step.kind === 'set' || step.kind === 'delete') {
            const name = `k${step.key}`;
            if (step.kind === 'delete' && !model.has(name)) continue;
            const after = step.kind === 'set' ? step.value : undefined;
            done[step.who]?.push({ name, before: model.get(name), after, at });
            put(model, name, after);
            changed.set(name, at);
          } else {
            const last = done[step.who]?.at(-1);
            // Whether an undo that finds nothing to do takes the step before it is Yjs's business: tests of undo say what happens then.
            if (last === undefined || changed.get(last.name) !== last.at) continue;
            done[step.who]?.pop();
            put(model, last.name, last.before);
            changed.set(last.name, -1);
          }
          perform(all[step.who] as Holder, step);
          exchange(all);
          for (const { map } of all) expect(map.toJSON()).toEqual(Object.fromEntries(model));
        }
      },
    ),
    { numRuns: 200 },
  );
});

function put(model: Map<string, number>, name: string, value: number | undefined): void {
  if (value === undefined) model.delete(name);
  else model.set(name, value);
}
