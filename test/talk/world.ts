/**
 * A world in which several peers talk while one seed decides what they say and what goes wrong: frames are lost, doubled and
 * overtaken, come very late, or meet full queues; peers stop, crash, come, lose each other and meet again. At quiet, everybody's
 * account must be right.
 */

import { newPeerId } from '../../src/base/ids.js';
import type { InstanceId } from '../../src/base/ids.js';
import { seededRandom } from '../../src/base/random.js';
import type { Random } from '../../src/base/random.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';
import { MemoryNetwork } from '../../sync/memory-network.js';
import { EVERYONE, readKey, topicKey } from '../../talk/keys.js';
import { decodePublished } from '../../talk/wire/published-frame.js';
import { codecOf, Listening, messageBytes } from './listening.js';
import { Member } from './member.js';
import { Watching } from './watching.js';

const TOPICS = ['clock', 'meters/left', 'meters/right', 'meters/bus/a'];
const PATTERNS = [...TOPICS, 'meters/', 'meters/bus/'];
const NAMES = ['knobs', '$presence'];

export class World {
  readonly random: Random;
  readonly clock = new VirtualClock();
  readonly network: MemoryNetwork;
  readonly members: Member[] = [];
  readonly listenings: Listening[] = [];
  readonly watchings: Watching[] = [];
  /** By member and key: the messages that went out. */
  readonly published = new Map<Member, Map<string, number>>();
  /** By member: what its instances have set, as text. */
  readonly standing = new Map<Member, Map<string, { readonly name: string; readonly instance: InstanceId; readonly text: string }>>();
  #ownCount = 0;
  #isBusy = false;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.network = new MemoryNetwork({ clock: this.clock, random: seededRandom(seed + 1) });
  }

  chance(share: number): boolean {
    return this.random.fraction() < share;
  }

  below(count: number): number {
    return Math.floor(this.random.fraction() * count);
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  get alive(): Member[] {
    return this.members.filter(({ isGone }) => !isGone);
  }

  get awake(): Member[] {
    return this.alive.filter(({ clock }) => !clock.isStopped);
  }

  async join(): Promise<Member> {
    const id = newPeerId(this.random);
    const busyMs = (): number => (this.#isBusy && this.chance(0.3) ? this.below(30) : 0);
    const member = new Member({ id, network: this.network, tap: (frame, key) => this.#tap(member, frame, key), busyMs });
    this.members.push(member);
    this.published.set(member, new Map());
    this.standing.set(member, new Map());
    await this.clock.advance(0);
    for (const other of this.alive) if (other !== member) this.meet(member, other);
    return member;
  }

  meet(a: Member, b: Member): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      if (other.address !== undefined) one.transport.connect(other.address);
      this.clock.after(2 + this.below(40), () => {
        if (!a.isGone && !b.isGone) one.link(other.id);
      });
    }
  }

  part(a: Member, b: Member): void {
    if (!a.linked.has(b.id) || !b.linked.has(a.id)) return;
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      one.transport.disconnect(other.id);
      one.lose(other.id);
    }
    this.clock.after(5 + this.below(3000), () => {
      if (!a.isGone && !b.isGone) this.meet(a, b);
    });
  }

  stop(member: Member, ms: number): void {
    const goOn = this.network.stop(member.id);
    member.clock.stop();
    this.clock.after(ms, () => {
      goOn();
      if (!member.isGone) member.clock.goOn();
    });
  }

  crash(member: Member): void {
    member.crash();
    this.standing.get(member)?.clear();
  }

  closeInstance(member: Member, instance: InstanceId): void {
    member.closeInstance(instance);
    for (const listening of this.listenings) if (listening.instance === instance) listening.isEnded = true;
    const standing = this.standing.get(member);
    for (const [id, value] of standing ?? []) if (value.instance === instance) standing?.delete(id);
    for (const other of this.alive) {
      if (other !== member) this.clock.after(this.below(50), () => other.instanceLeft(instance));
    }
  }

  publish(member: Member, from: InstanceId): void {
    const topic = this.pick(TOPICS);
    const other = this.pick(this.alive);
    const to = this.chance(0.7) ? undefined : this.chance(0.5) || other.instances.size === 0 ? other.id : this.pick([...other.instances]);
    const key = topicKey(to ?? EVERYONE, topic);
    const isOut = to === undefined || other !== member;
    const published = this.published.get(member) as Map<string, number>;
    const number = isOut ? (published.get(key) ?? 0) + 1 : ++this.#ownCount;
    if (isOut) published.set(key, number);
    const length = this.chance(0.04) ? 16_384 + this.below(4000) : this.chance(0.01) ? 300_000 + this.below(400_000) : this.below(200);
    const isEchoed = this.chance(0.2);
    for (const listening of this.listenings) {
      if (listening.member !== member || listening.isEnded || !listening.isFor(key) || (listening.instance === from && !isEchoed)) continue;
      listening.ownExpected.push(`${from} ${number} ${key}`);
    }
    member.talker.broadcasts.publish(from, { topic, to, codec: codecOf(number), bytes: messageBytes(key, number, length), isEchoed });
  }

  subscribe(member: Member, instance: InstanceId): void {
    const pattern = this.pick(PATTERNS);
    // The account is kept by what is asked about: once per peer at a time.
    if (this.listenings.some((each) => each.member === member && each.pattern === pattern && !each.isEnded)) return;
    this.listenings.push(new Listening(member, instance, pattern));
  }

  unsubscribe(listening: Listening): void {
    listening.isEnded = true;
    listening.subscription?.end();
  }

  watch(member: Member): void {
    this.watchings.push(new Watching(member, this.pick(NAMES)));
  }

  setValue(member: Member, instance: InstanceId): void {
    const [name, key] = [this.pick(NAMES), `k${this.below(6)}`];
    const standing = this.standing.get(member);
    if (this.chance(0.15)) {
      standing?.delete(`${name} ${instance} ${key}`);
      return member.talker.values.delete(instance, name, key);
    }
    const bytes = Buffer.from(`${this.below(1000)}`.padEnd(this.chance(0.03) ? 30_000 + this.below(30_000) : this.below(20), '.'));
    standing?.set(`${name} ${instance} ${key}`, { name, instance, text: `${instance} ${key} lib0 ${bytes.toString('latin1')}` });
    member.talker.values.set(instance, name, { key, codec: 'lib0', bytes, perSecondMax: this.pick([60, 60, 5]) });
  }

  /** What goes wrong from now on. */
  weather(isFoul: boolean): void {
    const { network } = this;
    this.#isBusy = isFoul && this.chance(0.5);
    network.lossRate = isFoul ? this.pick([0, 0, 0.02, 0.2, 0.5]) : 0;
    network.duplicateRate = isFoul ? this.pick([0, 0.1, 0.3]) : 0;
    network.reorderRate = isFoul ? this.pick([0, 0, 0.1, 0.4]) : 0;
    network.longDelayRate = isFoul ? this.pick([0, 0, 0.01]) : 0;
    network.jitterMs = isFoul ? this.pick([0, 5, 30]) : 0;
    network.highWaterFrames = isFoul ? this.pick([Infinity, 64, 4]) : Infinity;
  }

  /** All accounts, once nothing moves any more. */
  settle(): string[] {
    const problems = this.listenings.flatMap((listening) => this.#settleListening(listening));
    for (const watching of this.watchings) {
      problems.push(...watching.problems);
      if (watching.isEnded || watching.member.isGone) continue;
      const standing = this.alive.flatMap((member) => [...(this.standing.get(member)?.values() ?? [])]);
      problems.push(...watching.settle(standing.filter(({ name }) => name === watching.name).map(({ text }) => text)));
      if (!watching.isReady) problems.push(`values ${watching.name} of ${watching.member.id} are not ready`);
    }
    for (const { id, talker, warnings } of this.alive) {
      const { outgoing, incoming } = talker.broadcasts.waitingBytes;
      if (outgoing > 0 || incoming > 0) problems.push(`${id} keeps ${outgoing} bytes for others and ${incoming} of others`);
      problems.push(...warnings.map((warning) => `${id} warns: ${warning}`));
    }
    return problems;
  }

  #settleListening(listening: Listening): string[] {
    const { member, pattern, isEnded, isReady } = listening;
    const problems = [...listening.problems];
    if (!isEnded && !member.isGone) {
      if (!isReady) problems.push('not ready');
      if (listening.ownHeard.join('\n') !== listening.ownExpected.join('\n')) {
        problems.push(`of its own peer: ${listening.ownHeard.length} messages of ${listening.ownExpected.length}, or in another order`);
      }
    }
    for (const sender of this.members) {
      if (sender === member) continue;
      const isLinked = !isEnded && !member.isGone && member.linked.has(sender.id);
      problems.push(...listening.settle(sender, this.published.get(sender) ?? new Map(), isLinked));
    }
    return problems.map((problem) => `${pattern} at ${listening.instance}: ${problem}`);
  }

  #tap(member: Member, bytes: Uint8Array, key: string): void {
    const read = readKey(key);
    const opened = decodePublished(bytes);
    if (read?.kind !== 'question' || !opened.ok || opened.frame.kind !== 'baseline' || !member.linked.has(opened.sender)) return;
    const listening = this.listenings.find((each) => each.member === member && !each.isEnded && each.about === read.about);
    listening?.baseline(opened.sender, new Map(opened.frame.keys.map((tail) => [tail.key, tail.number])));
  }
}
