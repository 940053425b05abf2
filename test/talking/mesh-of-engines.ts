/**
 * Engines that are linked with each other over a network that takes one millisecond, and that can be stopped as SIGSTOP stops a
 * process: what is sent to a stopped one waits, and its clock goes on without it. Only for silence: replicas are empty.
 */

import type { PeerId } from '../../src/base/ids.js';
import type { Effect, Input } from '../../sync/engine-io.js';
import { takeStep } from '../../sync/engine.js';
import { createEngine } from '../../sync/engine-state.js';
import type { EngineState } from '../../sync/engine-state.js';
import type { EngineLimits } from '../../sync/limits.js';
import type { Frame } from '../../sync/wire/frame.js';
import { FakeReplica } from '../engine/fake-replica.js';
import { MAIN, addressOf, entryOf } from '../engine/scene.js';

const LATENCY_MS = 1;

interface Parcel {
  readonly at: number;
  readonly to: PeerId;
  readonly input: Input;
}

export interface Told {
  readonly at: number;
  readonly by: PeerId;
  readonly silent: readonly PeerId[];
  readonly heard: readonly PeerId[];
}

/** Ids are in the order of the numbers, up to 35. */
export const peer = (number: number): PeerId => number.toString(36).repeat(16) as PeerId;

export class MeshOfEngines {
  now = 0;
  readonly engines = new Map<PeerId, EngineState>();
  readonly told: Told[] = [];
  readonly stalls: { readonly at: number; readonly by: PeerId; readonly isOver: boolean }[] = [];
  readonly said: { readonly at: number; readonly by: PeerId; readonly frame: Frame }[] = [];
  /** Requests and answers. */
  readonly sent: { readonly at: number; readonly by: PeerId; readonly to: PeerId; readonly frame: Frame }[] = [];
  readonly #replicas = new Map<PeerId, FakeReplica>();
  readonly #parcels: Parcel[] = [];
  readonly #stopped = new Set<PeerId>();
  /** Which frames get lost. */
  loses: (frame: Frame, from: PeerId, to: PeerId) => boolean = () => false;

  /** `writer`: who has term 1 from the start; undefined for nobody. */
  constructor(count: number, writer: number | undefined, limits?: Partial<EngineLimits>) {
    for (let number = 1; number <= count; number++) {
      const id = peer(number);
      this.engines.set(id, createEngine({ address: addressOf(id), canWrite: true, pid: 0, packageVersion: '0', limits }));
      const replica = new FakeReplica(id);
      this.#replicas.set(id, replica);
      this.#feed(id, { kind: 'document-opened', document: MAIN, replica, isStored: true });
      this.#feed(id, { kind: 'document-loaded', document: MAIN });
    }
    if (writer !== undefined) this.#feed(peer(writer), { kind: 'role', term: 1, isTakingOver: false });
    const entries = [...this.engines.keys()].map(entryOf);
    for (const id of this.engines.keys()) this.#feed(id, { kind: 'roster', entries: entries.filter((entry) => entry.id !== id) });
    this.advance(100);
  }

  engine(number: number): EngineState {
    const engine = this.engines.get(peer(number));
    if (engine === undefined) throw new Error(`nobody here is ${number}`);
    return engine;
  }

  replica(number: number): FakeReplica {
    return this.#replicas.get(peer(number)) as FakeReplica;
  }

  feed(number: number, input: Input): void {
    this.#feed(peer(number), input);
  }

  /** Whom each of those that run takes for silent. */
  silentTo(number: number): number[] {
    return [...this.engine(number).silent].map((id) => Number.parseInt(id.charAt(0), 36)).sort((a, b) => a - b);
  }

  stop(...numbers: readonly number[]): void {
    for (const number of numbers) this.#stopped.add(peer(number));
  }

  resume(...numbers: readonly number[]): void {
    for (const number of numbers) this.#stopped.delete(peer(number));
  }

  kill(number: number): void {
    const id = peer(number);
    this.engines.delete(id);
    for (const other of this.engines.keys()) this.#feed(other, { kind: 'lost', peer: id });
  }

  advance(ms: number): void {
    const endsAt = this.now + ms;
    for (;;) {
      const next = this.#next();
      if (next === undefined || next.at > endsAt) break;
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = endsAt;
  }

  #next(): { readonly at: number; readonly run: () => void } | undefined {
    let first: { readonly at: number; readonly run: () => void } | undefined;
    const consider = (at: number, run: () => void): void => {
      if (first === undefined || at < first.at) first = { at, run };
    };
    // A timer that is due runs before what waits in the sockets, as in Node's loop.
    for (const [id, { wakeAt }] of this.engines) {
      if (wakeAt !== Infinity && !this.#stopped.has(id)) consider(wakeAt, () => this.#feed(id, { kind: 'tick' }));
    }
    for (const parcel of this.#parcels) {
      if (this.#stopped.has(parcel.to)) continue;
      consider(parcel.at, () => {
        this.#parcels.splice(this.#parcels.indexOf(parcel), 1);
        this.#feed(parcel.to, parcel.input);
      });
    }
    return first;
  }

  #feed(id: PeerId, input: Input): void {
    const engine = this.engines.get(id);
    if (engine === undefined) return;
    for (const effect of takeStep(engine, input, this.now)) this.#perform(id, effect);
  }

  #perform(id: PeerId, effect: Effect): void {
    const post = (to: PeerId, input: Input): void => void this.#parcels.push({ at: this.now + LATENCY_MS, to, input });
    switch (effect.kind) {
      case 'publish':
        this.said.push({ at: this.now, by: id, frame: effect.frame });
        for (const to of this.engines.keys())
          if (to !== id && !this.loses(effect.frame, id, to)) post(to, { kind: 'received', sender: id, frame: effect.frame });
        return;
      case 'request':
      case 'respond':
        this.sent.push({ at: this.now, by: id, to: effect.peer, frame: effect.frame });
        if (!this.loses(effect.frame, id, effect.peer)) post(effect.peer, { kind: 'received', sender: id, frame: effect.frame });
        return;
      case 'subscribe':
        for (const to of this.engines.keys()) if (to !== id) post(to, { kind: 'subscribed', key: effect.key });
        return;
      case 'drain-soon':
        return this.#feed(id, { kind: 'drain' });
      case 'apply': {
        const { document, from, cause, updates } = effect;
        this.#replicas.get(id)?.apply(updates);
        return this.#feed(id, { kind: 'applied', document, from, cause });
      }
      case 'silent-changed':
        this.told.push({ at: this.now, by: id, silent: effect.silent, heard: effect.heard });
        break;
      case 'stalled':
      case 'recovered':
        this.stalls.push({ at: this.now, by: id, isOver: effect.kind === 'recovered' });
        break;
      default: // nothing else matters here
    }
  }
}
