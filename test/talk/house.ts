/** A few peers that are linked, in fair weather, and what one subscriber heard as short text. */

import type { InstanceId, PeerId } from '../../src/base/ids.js';
import { seededRandom } from '../../src/base/random.js';
import { VirtualClock } from '../../src/base/virtual-clock.js';
import { MemoryNetwork } from '../../sync/memory-network.js';
import type { BroadcastListener, BroadcastSubscription } from '../../talk/broadcasts.js';
import { decodePublished } from '../../talk/wire/published-frame.js';
import type { PublishedFrame } from '../../talk/wire/published-frame.js';
import { Member } from './member.js';

export interface Passing {
  readonly at: Member;
  readonly key: string;
  readonly frame: PublishedFrame;
}

export class House {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork({ clock: this.clock, random: seededRandom(1) });
  readonly members: Member[] = [];
  /** Each frame that came to somebody, in order. */
  readonly passed: Passing[] = [];
  busyMs = 0;

  static async of(count: number): Promise<House> {
    const house = new House();
    for (let index = 0; index < count; index++) await house.join();
    await house.clock.advance(50);
    return house;
  }

  async join(): Promise<Member> {
    const id = `${this.members.length + 1}`.padStart(16, '0') as PeerId;
    const member: Member = new Member({
      id,
      network: this.network,
      tap: (bytes, key) => {
        const opened = decodePublished(bytes);
        if (opened.ok) this.passed.push({ at: member, key, frame: opened.frame });
      },
      busyMs: () => this.busyMs,
    });
    await this.clock.advance(0);
    for (const other of this.members) this.link(member, other);
    this.members.push(member);
    return member;
  }

  link(a: Member, b: Member): void {
    if (a.address !== undefined) b.transport.connect(a.address);
    if (b.address !== undefined) a.transport.connect(b.address);
    a.link(b.id);
    b.link(a.id);
  }

  frames<Kind extends PublishedFrame['kind']>(kind: Kind): Extract<PublishedFrame, { kind: Kind }>[] {
    return this.passed.flatMap(({ frame }) => (frame.kind === kind ? [frame as Extract<PublishedFrame, { kind: Kind }>] : []));
  }

  close(): void {
    for (const member of this.members) member.talker.close();
  }
}

export class Ear implements BroadcastListener {
  readonly heard: string[] = [];
  readonly bodies: Uint8Array[] = [];
  readonly subscription: BroadcastSubscription;

  constructor(member: Member, pattern: string, instance: InstanceId = firstOf(member)) {
    this.subscription = member.talker.broadcasts.subscribe(instance, pattern, this);
  }

  message({ topic }: { readonly topic: string }, bytes: Uint8Array): void {
    this.bodies.push(bytes);
    this.heard.push(bytes.length > 100 ? `${topic}: ${bytes.length} bytes` : `${topic}: ${Buffer.from(bytes).toString()}`);
  }

  missed({ topic, count }: { readonly topic: string; readonly count: number }): void {
    this.heard.push(`${topic}: missed ${count}`);
  }
}

export function firstOf(member: Member): InstanceId {
  return [...member.instances][0] as InstanceId;
}

export function say(
  member: Member,
  topic: string,
  content: string | Uint8Array,
  more: Partial<Parameters<Member['talker']['broadcasts']['publish']>[1]> = {},
): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  member.talker.broadcasts.publish(firstOf(member), { topic, to: undefined, codec: 'raw', bytes, isEchoed: false, ...more });
}
