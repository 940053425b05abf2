/**
 * The shell around the engine: it decodes frames, feeds inputs one after the other, and performs effects in order,
 * at once. Whatever happens during a step (an observer of the application that writes, say) waits for its turn.
 */

import type { Clock } from '../src/base/clock.js';
import { describe, type SocommErrorCode } from '../src/base/errors.js';
import type { InstanceId, PeerId } from '../src/base/ids.js';
import type { Log } from '../src/base/log.js';
import { LooseClock } from '../src/base/loose-clock.js';
import { Alarm } from './alarm.js';
import type { Discovery } from './discovery.js';
import type { ApplyCause, Effect, Input } from './engine-io.js';
import { takeStep } from './engine.js';
import { createEngine } from './engine-state.js';
import type { EngineOptions, EngineState } from './engine-state.js';
import { FrameReader } from './frame-reader.js';
import type { DropCounts } from './frame-reader.js';
import { GROUP_KEY } from './keys.js';
import { peersHeard } from './silence.js';
import { MAINTENANCE_TARGET_BYTES_MAX } from './limits.js';
import { maintenanceFailed } from './maintenance.js';
import type { MaintenanceOutcome, MaintenanceTask } from './maintenance.js';
import { tellHost } from './news.js';
import type { ReplicaView } from './replica-view.js';
import type { SynchronizerHost } from './synchronizer-host.js';
import type { Transport, TransportListener } from './transport.js';
import { encodeFrame } from './wire/encode-frame.js';
import { encodeUpdates } from './wire/encode-updates.js';
import { Reunion } from './reunion.js';
import { StandingAside } from './standing-aside.js';
import { spokenVersion } from './versions.js';
import { Waits } from './waits.js';
import type { Frame, Vector } from './wire/frame.js';

export interface SynchronizerOptions extends EngineOptions {
  readonly transport: Transport;
  readonly discovery: Discovery;
  readonly clock: Clock;
  readonly host: SynchronizerHost;
  readonly log: Log;
}

export type FlushOutcome = { readonly ok: true; readonly term: number } | { readonly ok: false; readonly code: SocommErrorCode };

export class Synchronizer {
  readonly #options: SynchronizerOptions;
  readonly #state: EngineState;
  readonly #queue: Input[] = [];
  readonly #reader: FrameReader;
  readonly #flushes = new Waits<FlushOutcome>();
  readonly #maintenance = new Waits<MaintenanceOutcome>();
  #isStepping = false;
  #isClosed = false;
  /** Resolves when the transport has taken what was published last. */
  #published: Promise<void> = Promise.resolve();
  readonly #alarm: Alarm;
  /** For polls, which go with a pulse: where anybody is linked, one is sent, heard or missed within a few seconds. */
  readonly loose: LooseClock;
  readonly #standingAside: StandingAside;
  readonly #reunion: Reunion;

  constructor(options: SynchronizerOptions) {
    this.#options = options;
    this.#state = createEngine(options);
    this.loose = new LooseClock(options.clock, () => this.#state.links.size > 0);
    const { clock, host } = options;
    const failed = (error: unknown): void => host.warn('roster-unreadable', String(error));
    this.#reunion = new Reunion({ clock, meet: (heard) => this.meet(heard), failed });
    const attend = (peer: PeerId): void => {
      this.#feed({ kind: 'lost', peer });
      this.#reunion.soon();
    };
    this.#standingAside = new StandingAside({ clock, state: this.#state, attend });
    this.#alarm = new Alarm(options.clock, () => this.#feed({ kind: 'tick' }));
    const undecodable = (sender: PeerId, detail: string): void => this.#feed({ kind: 'undecodable', sender, detail });
    this.#reader = new FrameReader({ protocol: this.#state.protocol, log: options.log, undecodable });
    // Before the first connection, like every subscription that READY is to prove.
    options.transport.subscribe(GROUP_KEY);
  }

  /** For looking only. */
  get state(): Readonly<EngineState> {
    return this.#state;
  }

  get dropped(): DropCounts {
    return this.#reader.dropped;
  }

  /** What the transport reports of state. */
  readonly listener: Omit<TransportListener, 'posted'> = {
    published: (frame, key) => this.#receive(frame, undefined, key),
    requested: (from, frame) => this.#receive(frame, from),
    responded: (from, frame) => this.#receive(frame, from),
    subscribed: (key) => this.#feed({ kind: 'subscribed', key }),
    disconnected: (peer) => this.#standingAside.lost(peer),
    dropped: (reason, detail) => this.#reader.drop(reason, detail),
  };

  /** Reads the roster and meets whoever is new in it. Who is `heard` need not be looked at. */
  async meet(heard: ReadonlySet<PeerId> = peersHeard(this.#state)): Promise<void> {
    const entries = await this.#options.discovery.list(heard);
    this.#feed({ kind: 'roster', entries });
  }

  openDocument(document: string, replica: ReplicaView, { isStored }: { readonly isStored: boolean }): void {
    this.#feed({ kind: 'document-opened', document, replica, isStored });
  }

  /** Its replica is not used again; a later one, under the same name, goes on with the numbers. */
  closeDocument(document: string): void {
    this.#feed({ kind: 'document-closed', document });
  }

  /** How many others have a stored document open, as far as the writer knows; 0 for who does not write. */
  holders(document: string): number {
    return this.#state.holders.get(document)?.size ?? 0;
  }

  documentLoaded(document: string): void {
    this.#feed({ kind: 'document-loaded', document });
  }

  local(document: string, update: Uint8Array): void {
    this.#feed({ kind: 'local', document, update });
  }

  /** As `local`, of something that is no single change: whoever lacks it asks for the difference. */
  localBulk(document: string): void {
    this.#feed({ kind: 'local', document, update: undefined });
  }

  setRole(role: Omit<Extract<Input, { kind: 'role' }>, 'kind'>): void {
    this.#feed({ kind: 'role', ...role });
  }

  /** Why this peer cannot write; '' for nothing. */
  setTrouble(trouble: SocommErrorCode | ''): void {
    this.#feed({ kind: 'trouble', trouble });
  }

  setInstances(instances: readonly InstanceId[]): void {
    this.#feed({ kind: 'instances', instances });
  }

  stored(document: string, vector: Vector): void {
    this.#feed({ kind: 'stored', document, vector });
  }

  /** Gives a number to everything that was written before this call. */
  drain(): void {
    this.#feed({ kind: 'drain' });
  }

  /** Resolves when the writer durably has all that was written before the call, or when that cannot come about. */
  flush(signal?: AbortSignal): Promise<FlushOutcome> {
    if (this.#isClosed) return Promise.resolve(CLOSED);
    this.#standingAside.end();
    return this.#flushes.wait(signal, {
      begin: (flush) => this.#feed({ kind: 'flush', flush }),
      cancel: (flush) => this.#feed({ kind: 'flush-cancelled', flush }),
    });
  }

  /** Has the writer of the day carry something out; see maintenance.ts. Rejects with the signal's reason only: the task may go on. */
  maintain(task: MaintenanceTask, signal?: AbortSignal): Promise<MaintenanceOutcome> {
    if (Buffer.byteLength(task.target) > MAINTENANCE_TARGET_BYTES_MAX)
      throw new TypeError(`the target of '${task.action}' has more than ${MAINTENANCE_TARGET_BYTES_MAX} bytes`);
    if (this.#isClosed) return Promise.resolve(CLOSED);
    this.#standingAside.end();
    return this.#maintenance.wait(signal, {
      begin: (maintenance) => this.#feed({ kind: 'maintain', maintenance, task }),
      cancel: (maintenance) => this.#feed({ kind: 'maintain-cancelled', maintenance }),
    });
  }

  /** Says goodbye; nothing is sent or performed afterwards. */
  leave(): void {
    if (this.#isClosed) return;
    this.#feed({ kind: 'leave' });
    this.stop();
  }

  /** Ends at once, without a word: what a kill does. */
  stop(): void {
    this.#isClosed = true;
    this.#alarm.stop();
    this.#reunion.stop();
    this.#standingAside.stop();
    this.#flushes.settleAll(CLOSED);
    this.#maintenance.settleAll(CLOSED);
  }

  #receive(bytes: Uint8Array, from: PeerId | undefined, key?: string): void {
    const received = this.#reader.read(bytes, from);
    if (from !== undefined && received?.frame.kind === 'updates') this.#options.host.flushAwaited(); // the question comes next: carrying.ts
    if (received !== undefined) this.#feed({ kind: 'received', ...received, key });
  }

  #feed(input: Input): void {
    if (this.#isClosed) return;
    this.#queue.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#step(next);
    this.#isStepping = false;
    if (this.#isClosed) return;
    this.#alarm.set(this.#state.wakeAt);
    if (input.kind === 'tick' || (input.kind === 'received' && input.frame.kind === 'pulse')) this.loose.woken();
    this.loose.settle();
  }

  #step(input: Input): void {
    const effects = this.#try(input.kind, () => takeStep(this.#state, input, this.#options.clock.now())) ?? [];
    for (const effect of effects) this.#try(effect.kind, () => this.#perform(effect));
  }

  /**
   * What is thrown here is a bug of ours, perhaps brought out by another's bytes, or the system's refusal. It is told, and
   * ends neither the other effects of the step (numbers have been counted for them) nor any further step.
   */
  #try<Result>(what: string, act: () => Result): Result | undefined {
    try {
      return act();
    } catch (error) {
      this.#options.host.warn('step-failed', `'${what}' was not carried out: ${describe(error)}`);
      return undefined;
    }
  }

  #perform(effect: Effect): void {
    const { transport, host } = this.#options;
    switch (effect.kind) {
      case 'connect':
        return transport.connect(effect.address);
      case 'disconnect':
        return transport.disconnect(effect.peer);
      case 'subscribe':
        return transport.subscribe(effect.key);
      case 'unsubscribe':
        return transport.unsubscribe(effect.key);
      case 'publish':
        this.#published = transport.publish(effect.key, this.#encode(effect.frame, effect.key));
        return;
      case 'request':
        return transport.request(effect.peer, this.#encode(effect.frame));
      case 'respond':
        return transport.respond(effect.peer, this.#encode(effect.frame));
      case 'apply':
        return this.#apply(effect.document, effect.updates, effect.from, effect.cause);
      case 'set-aside':
        return host.setAside(effect.document);
      case 'drain-soon':
        // Two microtasks at the earliest: what one tick writes travels as one frame, or with a flush right after it. While a send is under way, later.
        void this.#published.then(() => undefined).then(() => this.#feed({ kind: 'drain' }));
        return;
      case 'probe':
        if (this.#options.discovery.isAlive(effect.peer)) return;
        this.#queue.push({ kind: 'lost', peer: effect.peer });
        return this.#reunion.soon();
      case 'look':
        return this.#reunion.now(new Set(this.#state.links.keys())); // strangers alone are of interest
      case 'renew-client-id':
        return host.renewClientId(effect.document, effect.peer);
      case 'flushed':
        return this.#flushes.settle(effect.flush, { ok: true, term: effect.term });
      case 'flush-failed':
        return this.#flushes.settle(effect.flush, { ok: false, code: effect.code });
      case 'maintain':
        return void this.#carryOut(effect);
      case 'maintenance-ended':
        return this.#maintenance.settle(effect.maintenance, effect.outcome);
      default:
        return tellHost(host, effect);
    }
  }

  /** `key`: where it is published. */
  #encode(frame: Frame, key = ''): Uint8Array {
    const version = spokenVersion(this.#state);
    if (frame.kind === 'updates') return encodeUpdates(frame, { sender: this.#state.self, version, key });
    return encodeFrame(this.#state.self, frame, version);
  }

  /** The outcome is stepped at once, before any other input: a baseline is adopted in the tick of its difference. */
  #apply(document: string, updates: readonly Uint8Array[], from: PeerId, cause: ApplyCause): void {
    const outcome = this.#options.host.apply(document, updates, from, cause.kind);
    if (outcome.ok) this.#step({ kind: 'applied', document, from, cause });
    else this.#step({ kind: 'rejected', document, from, cause, detail: outcome.detail, isBeyondLimit: outcome.isBeyondLimit });
  }

  async #carryOut({ peer, request, task }: Extract<Effect, { kind: 'maintain' }>): Promise<void> {
    this.#feed({ kind: 'maintained', peer, request, outcome: await this.#options.host.maintain(task).catch(maintenanceFailed) });
  }
}

const CLOSED = { ok: false, code: 'SOCOMM_CLOSED', message: 'closed before that came about' } as const;
