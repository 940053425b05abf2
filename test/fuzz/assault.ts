/**
 * One peer under fire: senders that it is linked with, strangers, its friends' names and its own; frames of every class; and of each
 * frame what became of it, how long it took, and whether it changed what it must not change.
 */

import type { PeerId } from '../../src/base/ids.js';
import type { Link } from '../../sync/engine-state.js';
import { encodeFrame } from '../../sync/wire/encode-frame.js';
import type { Frame } from '../../sync/wire/frame.js';
import type { Chance } from './chance.js';
import { flipped, randomBytes, resealed, truncated } from './damage.js';
import { absurdFrame, answer, bait, hello, nextUpdates } from './frames.js';
import type { Surroundings } from './frames.js';
import { DOCUMENTS } from './fuzz-group.js';
import type { FuzzGroup, Member } from './fuzz-group.js';
import type { Updates } from './updates.js';

export type FrameClass = 'random' | 'truncated' | 'flipped' | 'resealed' | 'absurd' | 'updates' | 'answers' | 'baits' | 'friends';
const CLASSES: Readonly<Record<FrameClass, number>> = {
  random: 10,
  truncated: 8,
  flipped: 10,
  resealed: 16,
  absurd: 30,
  updates: 14,
  answers: 8,
  baits: 3,
  friends: 1,
};

type Channel = 'published' | 'requested' | 'responded';

export interface Shot {
  readonly class: FrameClass;
  readonly channel: Channel;
  /** Whom the transport vouches for; of what is published nobody. */
  readonly from: PeerId;
  readonly bytes: Uint8Array;
}

export interface Impact {
  readonly shot: Shot;
  readonly verdict: string;
  readonly tookMs: number;
  /** What must not have happened. */
  readonly wrong: string | undefined;
}

const SENDERS = 12;
/** Of shots: compared by content and not by digest alone. */
const LOOKED_INTO = 0.005;

export class Assault {
  readonly #group: FuzzGroup;
  readonly #member: Member;
  readonly #chance: Chance;
  readonly #updates: Updates;
  readonly #isNovel: boolean;
  #senders: PeerId[] = [];

  constructor(group: FuzzGroup, member: Member, { chance, updates, isNovel }: { chance: Chance; updates: Updates; isNovel: boolean }) {
    this.#group = group;
    this.#member = member;
    this.#chance = chance;
    this.#updates = updates;
    this.#isNovel = isNovel;
  }

  async begin(): Promise<void> {
    for (let count = 0; count < SENDERS; count++) await this.#enlist();
  }

  /** All senders are gone, as if they were killed. */
  end(): void {
    for (const sender of this.#senders.splice(0)) this.#dismiss(sender);
  }

  async next(): Promise<Shot> {
    const chance = this.#chance;
    const kind = chance.draw(CLASSES);
    const sender = (kind === 'answers' ? this.#awaited() : undefined) ?? (await this.#sender());
    return { class: kind, ...this.#aim(kind, sender) };
  }

  #aim(kind: FrameClass, sender: PeerId): Omit<Shot, 'class'> {
    const chance = this.#chance;
    const around = this.#around(sender);
    const sent = (frame: Frame, damage: (chance: Chance, bytes: Uint8Array) => Uint8Array = (_, bytes) => bytes) => {
      const isStray = chance.isIn(0.03);
      const channel = isStray ? chance.pick(['published', 'requested', 'responded'] as const) : channelOf(frame);
      const from = chance.isIn(0.02) ? chance.pick(around.peers) : sender;
      return { channel, from, bytes: damage(chance, encodeFrame(sender, frame)) };
    };
    switch (kind) {
      case 'random':
        return { channel: chance.pick(['published', 'requested', 'responded'] as const), from: sender, bytes: randomBytes(chance) };
      case 'truncated':
        return sent(absurdFrame(around), truncated);
      case 'flipped':
        return sent(absurdFrame(around), flipped);
      case 'resealed':
        return sent(chance.isIn(0.5) ? absurdFrame(around) : nextUpdates(around), resealed);
      case 'absurd':
        return sent(absurdFrame(around));
      case 'updates':
        return sent(nextUpdates(around));
      case 'answers':
        return sent(answer(around));
      case 'baits':
        return sent(bait(around));
      case 'friends': {
        // In the name of one who is honest: what is published names its sender itself.
        const friend = chance.pick(this.#group.members).peer.id;
        return {
          channel: 'published',
          from: friend,
          bytes: flipped(chance, encodeFrame(friend, absurdFrame({ ...around, sender: friend }))),
        };
      }
    }
  }

  #around(sender: PeerId): Surroundings {
    const { state } = this.#member.peer.synchronizer;
    return {
      chance: this.#chance,
      updates: this.#updates,
      isNovel: this.#isNovel,
      sender,
      peers: [...this.#senders, ...this.#group.members.map(({ peer }) => peer.id)],
      documents: DOCUMENTS,
      nextSeq: (document) => (state.documents.get(document)?.applied.get(sender) ?? 0) + 1,
      asked: this.#member.asked.get(sender),
    };
  }

  /** Mostly one that is listened to; also one that is muted, one that nobody knows, and the target itself. */
  async #sender(): Promise<PeerId> {
    const chance = this.#chance;
    if (chance.isIn(0.04)) return this.#newId();
    if (chance.isIn(0.01)) return this.#member.peer.id;
    const sender = chance.pick(this.#senders);
    const link = this.#link(sender);
    if (link === undefined) this.#greet(sender);
    if (link === undefined || link.mutedUntil <= this.#group.clock.now() || chance.isIn(0.1)) return sender;
    // Muted: another takes its place.
    this.#dismiss(sender);
    this.#senders = this.#senders.filter((other) => other !== sender);
    return this.#enlist();
  }

  /** The sender whose answer the target waits for at this moment. */
  #awaited(): PeerId | undefined {
    const documents = [...this.#member.peer.synchronizer.state.documents.values()];
    const peers = documents.map(({ catchUp }) => catchUp?.peer);
    return this.#senders.find((sender) => peers.includes(sender));
  }

  async #enlist(): Promise<PeerId> {
    const id = this.#newId();
    await this.#group.announce({ id, publisher: id, messenger: id, responder: id });
    this.#senders.push(id);
    this.#greet(id);
    return id;
  }

  #greet(sender: PeerId): void {
    this.#member.listener.requested(sender, encodeFrame(sender, hello(this.#around(sender), false)));
  }

  #dismiss(sender: PeerId): void {
    this.#group.roster.crash(sender);
    this.#member.asked.delete(sender);
    this.#member.listener.disconnected(sender);
  }

  #newId(): PeerId {
    return Buffer.from(this.#chance.bytes(8)).toString('hex') as PeerId;
  }

  #link(sender: PeerId): Link | undefined {
    return this.#member.peer.synchronizer.state.links.get(sender);
  }

  fire(shot: Shot): Impact {
    const looksInto = this.#chance.isIn(LOOKED_INTO);
    const before = this.#look(looksInto);
    const stop = stopwatch();
    const thrown = attempt(() => feed(this.#member, shot));
    const tookMs = stop();
    const after = this.#look(looksInto);
    const verdict = verdictOf(before, after);
    const isChanged = before.digest !== after.digest || before.content !== after.content;
    const wrong =
      thrown ??
      this.#member.failures.shift() ??
      (isChanged && before.taken === after.taken ? `'${verdict}' changed a document` : undefined);
    return { shot, verdict, tookMs, wrong };
  }

  #look(looksInto: boolean): Look {
    const { synchronizer } = this.#member.peer;
    const replicas = DOCUMENTS.map((document) => this.#member.peer.replica(document));
    return {
      counters: { ...synchronizer.state.counters },
      taken: this.#member.taken.count,
      drops: new Map(synchronizer.dropped),
      digest: replicas.map((replica) => `${replica.digest()} ${replica.hasPending()}`).join(),
      content: looksInto ? JSON.stringify(replicas.map(({ doc }) => [...doc.share.values()])) : '',
    };
  }
}

const DROPS = ['foreign', 'version', 'checksum', 'unknown-kind', 'malformed', 'too-large', 'misattributed'] as const;

interface Look {
  readonly counters: Readonly<Record<'applied' | 'rejected' | 'unheard' | 'duplicates' | 'gaps', number>>;
  readonly taken: number;
  readonly drops: ReadonlyMap<string, number>;
  readonly digest: string;
  readonly content: string;
}

function verdictOf(before: Look, after: Look): string {
  for (const reason of DROPS) if ((after.drops.get(reason) ?? 0) > (before.drops.get(reason) ?? 0)) return reason;
  const counted = ['unheard', 'rejected', 'gaps', 'duplicates', 'applied'] as const;
  const found = counted.find((name) => after.counters[name] > before.counters[name]);
  return found ?? (after.taken > before.taken ? 'answer applied' : 'heard');
}

/** As the transport hands it over. */
export function feed({ listener }: Member, { channel, from, bytes }: Shot): void {
  if (channel === 'published') listener.published(bytes, '', undefined);
  else listener[channel](from, bytes);
}

/** The smaller of the time on the wall and the time of the processor: what other processes took is not the frame's. */
export function stopwatch(): () => number {
  const cpu = process.cpuUsage();
  const start = performance.now();
  return () => {
    const wallMs = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    return Math.min(wallMs, (user + system) / 1000);
  };
}

function attempt(act: () => void): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

function channelOf({ kind }: Frame): Channel {
  switch (kind) {
    case 'updates':
    case 'tail':
    case 'ready':
    case 'status':
    case 'pulse':
    case 'goodbye':
    case 'silent':
      return 'published';
    case 'welcome':
    case 'have':
    case 'flushed':
    case 'refused':
      return 'responded';
    default:
      return 'requested';
  }
}
