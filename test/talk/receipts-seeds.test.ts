/**
 * Publishers that ask for receipts while one seed decides what is lost, doubled, overtaken, late or stopped. The account is made in the very
 * moment in which `delivered()` resolves, not at quiet. `RECEIPTS_SEED=7 npx vitest run test/talk/receipts-seeds` replays one.
 */

import { expect, it } from 'vitest';

import { seededRandom } from '../../src/base/random.js';
import { RECEIPT_RETRY_MAX_MS } from '../../talk/limits.js';
import { firstOf, House } from './house.js';
import type { Member } from './member.js';

const only = process.env['RECEIPTS_SEED'];
const seeds =
  only === undefined ? Array.from({ length: Number(process.env['RECEIPTS_SEEDS'] ?? 150) }, (_, index) => index + 1) : [Number(only)];
const TOPICS = ['x', 'meters/left', 'meters/right'];
const PATTERNS = ['x', 'meters/', 'meters/left'];
const BEGINNING_MS_MAX = 600_000;

/** What one subscription had of each publisher, and counts as missed. */
interface Account {
  readonly member: Member;
  readonly pattern: string;
  readonly had: Map<Member, number>;
  /** Of each publisher, how many of its messages came before the account. */
  readonly from: Map<Member, number>;
}

class Exchange {
  readonly house: House;
  readonly problems: string[] = [];
  readonly #accounts: Account[] = [];
  readonly #published = new Map<Member, string[]>();
  readonly #asked: Promise<void>[] = [];
  receipts = 0;

  constructor(house: House) {
    this.house = house;
  }

  listen(member: Member, pattern: string): void {
    const account: Account = { member, pattern, had: new Map(), from: new Map() };
    const add = (from: string, count: number): void => {
      const sender = this.house.members.find(({ id }) => from.startsWith(id)) as Member;
      account.had.set(sender, (account.had.get(sender) ?? 0) + count);
    };
    member.talker.broadcasts.subscribe(firstOf(member), pattern, {
      message: ({ from }) => add(from, 1),
      missed: ({ from, count }) => add(from, count),
    });
    this.#accounts.push(account);
  }

  publish(member: Member, topic: string, bytes: Uint8Array): void {
    this.#published.set(member, [...(this.#published.get(member) ?? []), topic]);
    member.talker.broadcasts.publish(firstOf(member), { topic, to: undefined, codec: 'raw', bytes, isEchoed: false });
  }

  /** Nothing may be published from the call until it resolves: the accounts with all who have subscribed begin here. */
  begin(publisher: Member): void {
    this.#ask(publisher, (account, owed) => account.from.set(publisher, owed - (account.had.get(publisher) ?? 0)));
  }

  check(publisher: Member): void {
    this.#ask(publisher, (account, owed) => {
      const [had, from] = [account.had.get(publisher) ?? 0, account.from.get(publisher)];
      if (from !== undefined && had + from < owed)
        this.problems.push(`${account.pattern}: ${had} had or missed of ${owed - from} when delivered() resolved`);
    });
  }

  /** Once all has come to rest. */
  async settle(): Promise<void> {
    const { clock, members } = this.house;
    await clock.advance(4 * RECEIPT_RETRY_MAX_MS);
    if (this.receipts < this.#asked.length) this.problems.push(`${this.#asked.length - this.receipts} receipts never came`);
    for (const account of this.#accounts) {
      for (const publisher of members) {
        const [had, from] = [account.had.get(publisher) ?? 0, account.from.get(publisher)];
        const owed = this.#owed(publisher, account);
        if (from !== undefined && had + from !== owed)
          this.problems.push(`${account.pattern}: ${had} had or missed of ${owed - from} at quiet`);
      }
    }
    this.house.close();
    await clock.advance(100);
    await Promise.allSettled(this.#asked);
    if (clock.pendingCount > 0) this.problems.push(`${clock.pendingCount} timers are left`);
  }

  #ask(publisher: Member, look: (account: Account, owed: number) => void): void {
    const others = this.#accounts.filter(({ member }) => member !== publisher);
    const owed = others.map((account) => this.#owed(publisher, account));
    const delivered = publisher.talker.broadcasts.delivered().then(() => {
      this.receipts++;
      for (const [index, account] of others.entries()) look(account, owed[index] ?? 0);
    });
    this.#asked.push(delivered);
  }

  /** What was for the subscription, of all that this one published. */
  #owed(member: Member, { pattern }: Account): number {
    const isFor = (topic: string): boolean => topic === pattern || (pattern.endsWith('/') && topic.startsWith(pattern));
    return (this.#published.get(member) ?? []).filter(isFor).length;
  }
}

async function exchangeWith(seed: number): Promise<Exchange> {
  const random = seededRandom(seed);
  const below = (count: number): number => Math.floor(random.fraction() * count);
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;
  const house = await House.of(2 + below(3));
  const { network, clock, members } = house;
  const exchange = new Exchange(house);
  const weather = (): void => {
    network.jitterMs = pick([0, 5, 40]);
    network.lossRate = pick([0, 0.02, 0.3, 0.6]);
    network.duplicateRate = pick([0, 0.2]);
    network.reorderRate = pick([0, 0.1, 0.4]);
    network.longDelayRate = pick([0, 0, 0.01]);
    network.highWaterFrames = pick([Infinity, Infinity, 4]);
    house.busyMs = pick([0, 0, 3, 20]);
  };
  const publish = (member: Member): void => {
    for (let count = 1 + below(8); count > 0; count--) exchange.publish(member, pick(TOPICS), payload(below));
  };
  weather();
  for (const member of members) {
    publish(member);
    for (let count = below(3); count > 0; count--) exchange.listen(member, pick(PATTERNS));
    await clock.advance(below(10));
    publish(member);
  }
  for (const member of members) exchange.begin(member);
  while (exchange.receipts < members.length && clock.now() < BEGINNING_MS_MAX) await clock.advance(100);
  for (let step = 0; step < 60; step++) {
    if (step % 15 === 0) weather();
    const [member, what] = [pick(members), random.fraction()];
    if (what < 0.7) publish(member);
    else if (what < 0.9) exchange.check(member);
    else if (what < 0.95) clock.after(below(3000), network.stop(member.id));
    else exchange.listen(member, pick(PATTERNS));
    await clock.advance(pick([0, 1, below(20), below(800)]));
  }
  [network.lossRate, network.reorderRate, network.duplicateRate, network.longDelayRate] = [0, 0, 0, 0];
  network.highWaterFrames = Infinity;
  for (const member of members) exchange.check(member);
  await exchange.settle();
  return exchange;
}

function payload(below: (count: number) => number): Uint8Array {
  return new Uint8Array(below(20) === 0 ? 16_384 + below(600_000) : below(200));
}

it('each subscriber has had or counted all of it when delivered() resolves, whatever goes wrong', { timeout: 120_000 }, async () => {
  let receipts = 0;
  for (const seed of seeds) {
    const exchange = await exchangeWith(seed);
    expect(exchange.problems, `replay: RECEIPTS_SEED=${seed} npx vitest run test/talk/receipts-seeds`).toEqual([]);
    receipts += exchange.receipts;
  }
  expect(receipts).toBeGreaterThan(5 * seeds.length);
});
