/** What one subscription in the talking world heard, and whether that is exactly what it should have. */

import type { InstanceId, PeerId } from '../../src/base/ids.js';
import { peerOf } from '../../src/base/ids.js';
import type { BroadcastListener, BroadcastSubscription, Origin } from '../../talk/broadcasts.js';
import { EVERYONE, readKey, topicSubscription } from '../../talk/keys.js';
import type { Member } from './member.js';

type Event =
  | { readonly kind: 'message'; readonly from: PeerId; readonly key: string; readonly number: number }
  | { readonly kind: 'missed'; readonly from: PeerId; readonly topic: string; readonly count: number }
  /** The sender has confirmed; of each key, the number that the account begins after. */
  | { readonly kind: 'confirmed'; readonly from: PeerId; readonly starts: ReadonlyMap<string, number> };

/** The content of a message tells which it is. */
export function messageBytes(key: string, number: number, length: number): Uint8Array {
  const text = `${number} ${key} `;
  return Buffer.from(text.padEnd(length, String.fromCharCode(97 + (number % 26))));
}

export function codecOf(number: number): string {
  return number % 5 === 0 ? 'raw' : 'json';
}

export class Listening implements BroadcastListener {
  readonly member: Member;
  readonly instance: InstanceId;
  readonly pattern: string;
  readonly about: string;
  readonly events: Event[] = [];
  /** Of instances of the same peer: what should come, and what came. */
  readonly ownExpected: string[] = [];
  readonly ownHeard: string[] = [];
  readonly problems: string[] = [];
  subscription: BroadcastSubscription | undefined;
  isReady = false;
  isEnded = false;

  constructor(member: Member, instance: InstanceId, pattern: string) {
    this.member = member;
    this.instance = instance;
    this.pattern = pattern;
    this.about = topicSubscription(EVERYONE, pattern);
    this.subscription = member.talker.broadcasts.subscribe(instance, pattern, this);
    void this.subscription.ready.then(() => (this.isReady = true));
  }

  get keys(): readonly string[] {
    return ([EVERYONE, this.member.id, this.instance] as const).map((to) => topicSubscription(to, this.pattern));
  }

  isFor(key: string): boolean {
    return this.keys.some((wanted) => key.startsWith(wanted));
  }

  message({ from, topic, codec }: Origin, bytes: Uint8Array): void {
    const text = Buffer.from(bytes).toString('latin1');
    const [number, key] = [Number(text.split(' ', 1)[0]), String(text.split(' ', 2)[1])];
    if (this.isEnded) this.problems.push(`told of ${text.slice(0, 60)} after its end`);
    if (!Buffer.from(bytes).equals(messageBytes(key, number, bytes.length)))
      this.problems.push(`other bytes than were sent: ${text.slice(0, 60)}`);
    if (!this.isFor(key)) this.problems.push(`not for us: ${key}`);
    if (readKeyTopic(key) !== topic || codec !== codecOf(number)) this.problems.push(`wrong topic or codec for ${text.slice(0, 60)}`);
    if (peerOf(from) === this.member.id) this.ownHeard.push(`${from} ${number} ${key}`);
    else this.events.push({ kind: 'message', from: peerOf(from), key, number });
  }

  missed({ from, topic, count }: { readonly from: PeerId; readonly topic: string; readonly count: number }): void {
    if (!(count > 0)) this.problems.push(`missed ${count}`);
    this.events.push({ kind: 'missed', from, topic, count });
  }

  /** A baseline of this sender is about to be heard. */
  baseline(from: PeerId, numbers: ReadonlyMap<string, number>): void {
    if (this.events.some((event) => event.kind === 'confirmed' && event.from === from)) return;
    const starts = new Map([...numbers].filter(([key]) => this.isFor(key)));
    for (const event of this.events) {
      if (event.kind !== 'message' || event.from !== from) continue;
      starts.set(event.key, Math.min(starts.get(event.key) ?? 0, event.number - 1));
    }
    this.events.push({ kind: 'confirmed', from, starts });
  }

  /** The account with one sender, once nothing moves any more. `published`: how many messages there were under each key. */
  settle(sender: Pick<Member, 'id' | 'isGone'>, published: ReadonlyMap<string, number>, isLinked: boolean): string[] {
    const events = this.events.filter(({ from }) => from === sender.id);
    const confirmed = events.find((event) => event.kind === 'confirmed');
    if (confirmed?.kind !== 'confirmed') return isLinked ? [`${sender.id} never confirmed`] : [];
    const problems: string[] = [];
    const topics = new Map<string, string[]>();
    for (const key of published.keys()) {
      if (this.isFor(key)) topics.set(readKeyTopic(key), [...(topics.get(readKeyTopic(key)) ?? []), key]);
    }
    for (const [topic, keys] of topics) {
      let owed = 0;
      for (const key of keys) owed += (published.get(key) ?? 0) - (confirmed.starts.get(key) ?? 0);
      let had = 0;
      for (const event of events) {
        if (event.kind === 'missed' && event.topic === topic) had += event.count;
        if (event.kind === 'message' && keys.includes(event.key)) had++;
      }
      if (isLinked ? had !== owed : had > owed)
        problems.push(`${topic} of ${sender.id}: ${had} delivered or missed, and ${owed} published`);
      problems.push(...this.#order(topic, keys, events, confirmed.starts));
    }
    return problems;
  }

  /** Each key in order; and what is missing before a message is told before it. */
  #order(topic: string, keys: readonly string[], events: readonly Event[], starts: ReadonlyMap<string, number>): string[] {
    const problems: string[] = [];
    const latest = new Map<string, number>();
    const delivered = new Map<string, number>();
    let [missed, isConfirmed] = [0, false];
    for (const event of events) {
      if (event.kind === 'confirmed') isConfirmed = true;
      if (event.kind === 'missed' && event.topic === topic) missed += event.count;
      if (event.kind !== 'message' || !keys.includes(event.key)) continue;
      const { key, number } = event;
      if (number <= (latest.get(key) ?? 0)) problems.push(`${key}: ${number} after ${latest.get(key)}`);
      latest.set(key, number);
      delivered.set(key, (delivered.get(key) ?? 0) + 1);
      const lost = number - (starts.get(key) ?? 0) - (delivered.get(key) ?? 0);
      if (isConfirmed && lost > missed) problems.push(`${key}: before ${number}, ${lost} were lost and ${missed} told`);
    }
    return problems;
  }
}

function readKeyTopic(key: string): string {
  const read = readKey(key);
  return read?.kind === 'topic' ? read.topic : key;
}
