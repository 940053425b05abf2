/**
 * Two or three engines with replicas that one can see through, a network that does what it is told, and what must hold after each
 * single step. It performs effects as the real shell does (sync/synchronizer.ts): in order, an `apply` and its outcome at once.
 */

import { isDeepStrictEqual } from 'node:util';

import type { PeerId } from '../../src/base/ids.js';
import { keptBytes } from '../../sync/answering.js';
import type { DocumentState } from '../../sync/document-state.js';
import type { Effect, Input } from '../../sync/engine-io.js';
import { takeStep } from '../../sync/engine.js';
import { createEngine } from '../../sync/engine-state.js';
import type { EngineState } from '../../sync/engine-state.js';
import {
  CLOSED_DOCUMENTS_MAX,
  DEPARTED_MAX,
  FLUSHES_WAITING_MAX,
  HELD_DOCUMENTS_MAX,
  LINKS_MAX,
  MAINTENANCE_KEPT_MAX,
  MAINTENANCE_WORKING_MAX,
} from '../../sync/limits.js';
import type { EngineLimits } from '../../sync/limits.js';
import { canAnyoneWrite } from '../../sync/membership.js';
import { whyNobodyWrites } from '../../sync/trouble.js';
import { FakeReplica, NOTHING } from './fake-replica.js';
import { MAIN, addressOf, entryOf } from './scene.js';

export const IDS = ['1111111111111111', '2222222222222222', '3333333333333333'] as PeerId[];
export const OTHER = 'other';
export const MEMORY = '~memory/other';

/** How long a writer leaves open what nobody else holds. */
const LINGER_MS = 5000;

/** So small that what happens beyond them happens all the time. */
const LIMITS: EngineLimits = {
  frameUpdatesBytesMax: 60,
  updateBytesMax: 24,
  chunkBytes: 16,
  answersMax: 2,
  answersBytesMax: 120,
  outboxBytesMax: 150,
  heldFramesMax: 3,
  heldBytesMax: 150,
  greetedMax: 1,
  watchersMax: 0,
};

interface Parcel {
  readonly to: PeerId;
  readonly input: Input;
}

export class SmallWorld {
  now = 1000;
  readonly engines = new Map<PeerId, EngineState>();
  readonly replicas = new Map<PeerId, Map<string, FakeReplica>>();
  readonly underway: Parcel[] = [];
  /** Every effect of every step, as it was at its moment. */
  readonly trace: unknown[] = [];
  /** Who has died or left; who is probed learns it. */
  readonly gone = new Set<PeerId>();
  /** Nobody lies: then what numbers claim must be there. */
  readonly isHonest: boolean;
  /** What has been stored of each document, by whoever wrote. */
  readonly disk = new Map<string, Uint8Array[]>();
  /** By peer, document and number: the last item that was written when the number was given, and under which name. */
  readonly #given = new Map<string, { readonly author: string; readonly last: number }>();
  /** What a peer itself uses; a writer opens more, for others. */
  readonly #used = new Set<string>();
  /** What nobody else holds, and since when. */
  readonly #unheld = new Map<string, number>();
  #openings = 0;

  constructor(count: number, { isHonest = false } = {}) {
    this.isHonest = isHonest;
    for (const id of IDS.slice(0, count)) {
      this.engines.set(id, createEngine({ address: addressOf(id), canWrite: true, pid: 0, packageVersion: '0', limits: LIMITS }));
      this.replicas.set(id, new Map());
      this.open(id, MAIN);
    }
  }

  get ids(): PeerId[] {
    return [...this.engines.keys()];
  }

  open(id: PeerId, document: string): void {
    this.#used.add(`${id}/${document}`);
    const opened = this.#opened(id, document);
    if (opened !== undefined) this.feed(id, opened);
  }

  #opened(id: PeerId, document: string): Input | undefined {
    const replicas = this.replicas.get(id);
    if (replicas === undefined || replicas.has(document)) return undefined;
    // As in Yjs nothing is written again under the name of an earlier replica.
    const replica = new FakeReplica(document === MAIN ? id : `${id}.${++this.#openings}`);
    replicas.set(document, replica);
    // Who writes reads it, in its own time.
    if (document !== MEMORY && this.#engine(id).status.term > 0) this.#load(id, document);
    return { kind: 'document-opened', document, replica, isStored: document !== MEMORY };
  }

  #load(id: PeerId, document: string): void {
    this.underway.push({ to: id, input: { kind: 'document-loaded', document } });
  }

  /** Nobody at this peer uses it any more: but a writer keeps it for who does. */
  close(id: PeerId, document: string): void {
    if (document === MAIN || !this.#used.delete(`${id}/${document}`)) return;
    if (this.#engine(id).holders.has(document)) return;
    this.#close(id, document);
  }

  #close(id: PeerId, document: string): void {
    this.replicas.get(id)?.delete(document);
    // What nobody else had by then is gone, and no number speaks of it any more.
    for (const key of this.#given.keys()) if (key.startsWith(`${id}/${document}/`)) this.#given.delete(key);
    this.feed(id, { kind: 'document-closed', document });
  }

  rise(id: PeerId, term: number): void {
    const before = this.#engine(id).status.term;
    this.feed(id, { kind: 'role', term, isTakingOver: false });
    if (before === 0 && term > 0)
      for (const document of this.replicas.get(id)?.keys() ?? []) if (document === OTHER) this.#load(id, document);
  }

  write(id: PeerId, document: string): void {
    const replica = this.replicas.get(id)?.get(document);
    if (replica !== undefined) this.feed(id, { kind: 'local', document, update: replica.write() });
  }

  meet(id: PeerId): void {
    const entries = this.ids.filter((other) => other !== id && !this.gone.has(other)).map(entryOf);
    this.feed(id, { kind: 'roster', entries });
  }

  /** What of a peer's writing is in its replica is on its disk. */
  store(id: PeerId): void {
    const { documents, self } = this.#engine(id);
    for (const { name, applied, ownSeq, replica } of documents.values())
      if (!replica.hasPending()) {
        this.disk.set(name, [...(this.disk.get(name) ?? []), replica.difference(NOTHING)]);
        this.feed(id, { kind: 'stored', document: name, vector: new Map([...applied, [self, ownSeq]]) });
      }
  }

  wait(ms: number): void {
    this.now += ms;
    for (const id of this.ids) if (this.#engine(id).wakeAt <= this.now) this.feed(id, { kind: 'tick' });
    for (const [key, since] of this.#unheld) {
      if (this.now < since + LINGER_MS) continue;
      this.#unheld.delete(key);
      const [id, document] = key.split('/', 2) as [PeerId, string];
      if (!this.#used.has(key) && !this.#engine(id).holders.has(document)) this.#close(id, document);
    }
  }

  deliver(place: number, { keep = false } = {}): void {
    const [parcel] = this.underway.splice(place % Math.max(1, this.underway.length), 1);
    if (parcel === undefined) return;
    if (keep) this.underway.push(parcel);
    if (!this.gone.has(parcel.to)) this.feed(parcel.to, parcel.input);
  }

  lose(place: number): void {
    const at = place % Math.max(1, this.underway.length);
    // These are no messages: the shell does not forget what it is to do.
    const kind = this.underway[at]?.input.kind;
    if (kind !== 'drain' && kind !== 'document-loaded') this.underway.splice(at, 1);
  }

  /** One input and all that follows from it in this turn. */
  feed(id: PeerId, input: Input): void {
    const queue: Input[] = [input];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (next.kind === 'document-loaded' && next.document !== MAIN) this.#read(id, next.document, queue);
      this.#step(id, next, queue);
    }
  }

  /** From the disk into the replica; what it had not is everybody's news. */
  #read(id: PeerId, document: string, queue: Input[]): void {
    const replica = this.replicas.get(id)?.get(document);
    const before = replica?.digest();
    replica?.apply(this.disk.get(document) ?? []);
    if (replica?.digest() !== before) queue.push({ kind: 'local', document, update: undefined });
  }

  #step(id: PeerId, input: Input, queue: Input[]): void {
    const engine = this.#engine(id);
    const before = appliedOf(engine);
    const effects = takeStep(engine, input, this.now);
    this.trace.push(structuredClone({ id, input: input.kind, effects, wakeAt: engine.wakeAt }));
    expectSound(engine, this.now);
    expectInOrder(engine, before, effects, input);
    for (const { name, outboxBytes, ownSeq } of engine.documents.values()) if (outboxBytes === 0) this.#note(id, name, ownSeq);
    for (const effect of effects) this.#perform(id, effect, queue);
    // While a step is performed, an `apply` that it ordered is counted and not done yet.
    if (this.isHonest && input.kind !== 'applied') this.#expectTrue(engine);
  }

  #note(id: PeerId, document: string, seq: number): void {
    const replica = this.replicas.get(id)?.get(document);
    if (replica !== undefined) this.#given.set(`${id}/${document}/${seq}`, { author: replica.author, last: replica.last(replica.author) });
  }

  /** What a number claims was given to the replica. */
  #expectTrue({ self, documents }: EngineState): void {
    for (const { name, applied } of documents.values()) {
      for (const [author, seq] of applied) {
        const { documents: theirs, ownNumbers } = this.#engine(author);
        expectThat(
          seq <= (theirs.get(name)?.ownSeq ?? ownNumbers.closed.get(name) ?? 0),
          `${self} has applied frame ${seq} of ${author}, which is not there`,
        );
        let given: { readonly author: string; readonly last: number } | undefined;
        for (let number = seq; given === undefined && number > 0; number--) given = this.#given.get(`${author}/${name}/${number}`);
        const isThere = given === undefined || this.replicas.get(self)?.get(name)?.wasGiven(given.author, given.last);
        expectThat(isThere === true, `${self} claims frame ${seq} of ${author} in ${name}, and lacks item ${given?.last} of it`);
      }
    }
  }

  #perform(id: PeerId, effect: Effect, queue: Input[]): void {
    switch (effect.kind) {
      case 'publish':
        for (const to of this.ids) if (to !== id) this.underway.push({ to, input: { kind: 'received', sender: id, frame: effect.frame } });
        return;
      case 'request':
      case 'respond':
        if (this.engines.has(effect.peer) && effect.peer !== id)
          this.underway.push({ to: effect.peer, input: { kind: 'received', sender: id, frame: effect.frame } });
        return;
      case 'subscribe':
        for (const to of this.ids) if (to !== id) this.underway.push({ to, input: { kind: 'subscribed', key: effect.key } });
        return;
      case 'apply': {
        const isTaken = this.replicas.get(id)?.get(effect.document)?.apply(effect.updates) === true;
        const outcome = { document: effect.document, from: effect.from, cause: effect.cause };
        return this.#step(
          id,
          isTaken ? { kind: 'applied', ...outcome } : { kind: 'rejected', ...outcome, detail: 'unreadable', isBeyondLimit: false },
          queue,
        );
      }
      case 'set-aside':
        return this.replicas.get(id)?.get(effect.document)?.setAside();
      case 'drain-soon':
        return void this.underway.push({ to: id, input: { kind: 'drain' } });
      case 'maintain': {
        const { peer, request } = effect;
        return void this.underway.push({ to: id, input: { kind: 'maintained', peer, request, outcome: { ok: true, report: '' } } });
      }
      case 'document-wanted': {
        this.#unheld.delete(`${id}/${effect.document}`);
        const opened = this.#opened(id, effect.document);
        if (opened !== undefined) queue.push(opened);
        return;
      }
      case 'document-unheld':
        return void this.#unheld.set(`${id}/${effect.document}`, this.now);
      case 'probe':
        if (this.gone.has(effect.peer) || !this.engines.has(effect.peer)) queue.push({ kind: 'lost', peer: effect.peer });
        break;
      default: // news for the application and the transport's own business
    }
  }

  #engine(id: PeerId): EngineState {
    const engine = this.engines.get(id);
    if (engine === undefined) throw new Error(`nobody here is ${id}`);
    return engine;
  }
}

type Applied = ReadonlyMap<string, ReadonlyMap<PeerId, number>>;

function appliedOf({ documents }: EngineState): Applied {
  return new Map([...documents].map(([name, { applied }]) => [name, new Map(applied)]));
}

/** Nothing over its limit, no number that is none, no moment in the past. */
function expectSound(engine: EngineState, now: number): void {
  const { wakeAt, documents, answers, flushesWaiting, errands, links, departed, limits } = engine;
  expectHoldersSound(engine);
  expectThat(wakeAt >= now, `woken at ${wakeAt}, now is ${now}`);
  for (const document of documents.values()) expectDocumentSound(document, engine);
  expectThat(answers.size <= limits.answersMax, `${answers.size} answers are kept`);
  const bytes = keptBytes(answers.values());
  expectThat(answers.size <= 1 || bytes <= limits.answersBytesMax, `${bytes} bytes of answers are kept`);
  for (const peer of links.keys()) {
    const waiting = [...flushesWaiting].filter((flush) => flush.peer === peer).length;
    expectThat(waiting <= FLUSHES_WAITING_MAX, `${waiting} flushes of ${peer} wait`);
  }
  expectThat(links.size <= LINKS_MAX && departed.size <= DEPARTED_MAX, `${links.size} links, ${departed.size} departed`);
  expectThat(![...flushesWaiting].some(({ peer }) => !links.has(peer)), 'a flush of nobody waits');
  for (const { peer, outcome } of errands.values()) {
    const alike = [...errands.values()].filter((other) => other.peer === peer && (other.outcome === undefined) === (outcome === undefined));
    expectThat(links.has(peer), `maintenance is done for ${peer}, who has gone`);
    expectThat(
      alike.length <= (outcome === undefined ? MAINTENANCE_WORKING_MAX : MAINTENANCE_KEPT_MAX),
      `${alike.length} errands of ${peer}`,
    );
  }
  const { stallReason, writer } = engine;
  expectThat(
    stallReason === undefined || stallReason === 'writer-silent' || writer === undefined,
    `nobody can write (${stallReason}), and ${writer?.id} writes`,
  );
  // What cannot come about does not wait longer than until the next tick.
  const canNobodyCome = writer === undefined && engine.hasRoster && !canAnyoneWrite(engine);
  if ((canNobodyCome || whyNobodyWrites(engine) !== undefined) && engine.flushes.size > 0)
    expectThat(wakeAt <= now, 'a flush waits for nobody');
}

/** What each peer holds and who holds each document are the same, and only a writer knows of it. */
function expectHoldersSound({ links, holders, status, ownNumbers }: EngineState): void {
  const pairs = [...links.values()].flatMap(({ id, held }) => [...held.documents].map((document) => `${document} of ${id}`));
  const turned = [...holders].flatMap(([document, peers]) => [...peers].map((id) => `${document} of ${id}`));
  expectThat(isDeepStrictEqual(pairs.sort(), turned.sort()), `held are ${pairs.join()}; holders are ${turned.join()}`);
  expectThat(status.term > 0 || pairs.length === 0, `${pairs.join()} is held, and nobody writes here`);
  for (const { held } of links.values()) expectThat(held.documents.size <= HELD_DOCUMENTS_MAX, `${held.documents.size} documents are held`);
  expectThat(ownNumbers.closed.size <= CLOSED_DOCUMENTS_MAX, `${ownNumbers.closed.size} numbers are kept`);
}

function expectDocumentSound(document: DocumentState, { self, limits, links, departed }: EngineState): void {
  const { held, heldBytes, applied, catchUp, doubts, tried, exchanged } = document;
  const frames = [...held.values()].flatMap((ofSender) => [...ofSender.values()]);
  const bytes = frames.flat().reduce((sum, update) => sum + update.length, 0);
  expectThat(bytes === heldBytes, `${heldBytes} bytes are said to be held, ${bytes} are`);
  expectThat(heldBytes <= limits.heldBytesMax, `${heldBytes} bytes are held`);
  for (const [peer, ofSender] of held) {
    expectThat(ofSender.size <= limits.heldFramesMax && ofSender.size > 0, `${ofSender.size} frames of ${peer} are held`);
    const lowest = Math.min(...ofSender.keys());
    expectThat(lowest > (applied.get(peer) ?? 0) + 1, `frame ${lowest} of ${peer} is held, though it is next`);
  }
  for (const [peer, seq] of applied) expectThat(Number.isSafeInteger(seq) && seq >= 0, `${seq} frames of ${peer} are applied`);
  for (const [peer, { dueAt, tried: inVain }] of doubts) {
    expectThat(Number.isFinite(dueAt), `a doubt is due at ${dueAt}`);
    // Else they would gather for as long as peers come and go.
    expectThat(links.has(peer) || departed.has(peer) || peer === self, `there is a doubt about ${peer}, whom nobody remembers`);
    for (const other of inVain) expectThat(links.has(other), `${other} was asked in vain and has gone`);
  }
  for (const peer of [...tried, ...exchanged]) expectThat(links.has(peer), `${peer} was asked and has gone`);
  expectThat(catchUp === undefined || Number.isFinite(catchUp.progressAt), 'a question has no moment');
}

/** Frames of a sender come one by one, and what was applied stays so but where the protocol says otherwise. */
function expectInOrder({ documents }: EngineState, before: Applied, effects: readonly Effect[], input: Input): void {
  const last = new Map<string, number>();
  for (const effect of effects) {
    if (effect.kind !== 'apply' || effect.cause.kind !== 'frame') continue;
    const { document, from, cause } = effect;
    const earlier = last.get(`${document}/${from}`) ?? before.get(document)?.get(from) ?? 0;
    // In the step of an answer its numbers come first; what was held behind them follows.
    const isNext = input.kind === 'applied' ? cause.seq > earlier : cause.seq === earlier + 1;
    expectThat(isNext, `frame ${cause.seq} of ${from} is applied after frame ${earlier}`);
    last.set(`${document}/${from}`, cause.seq);
  }
  if (input.kind === 'rejected' || input.kind === 'tick' || input.kind === 'document-opened' || input.kind === 'document-closed') return;
  if (effects.some(({ kind }) => kind === 'set-aside' || kind === 'peer-lost')) return;
  for (const [name, ofPeers] of before) {
    for (const [peer, seq] of ofPeers)
      expectThat((documents.get(name)?.applied.get(peer) ?? 0) >= seq, `${seq} frames of ${peer} were applied and are so no longer`);
  }
}

/** Cheaper than `expect`, which is called too often here. */
function expectThat(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new Error(otherwise);
}

export function areEqual(world: SmallWorld, document: string): boolean {
  const digests = world.ids.filter((id) => !world.gone.has(id)).map((id) => world.replicas.get(id)?.get(document)?.digest());
  return new Set(digests.filter((digest) => digest !== undefined)).size <= 1;
}

export function sameTrace(a: SmallWorld, b: SmallWorld): boolean {
  return isDeepStrictEqual(a.trace, b.trace);
}
