/**
 * Fetching an answer: the question, its chunks as they come, and those that were lost on the way, asked for again.
 * Whom to ask, and what follows from an answer, is decided in catch-up.ts.
 */

import type { PeerId } from '../src/base/ids.js';
import type { CatchUp, DocumentState } from './document-state.js';
import type { ApplyCause } from './engine-io.js';
import { wakeBy } from './engine-state.js';
import type { EngineState, Step } from './engine-state.js';
import { sayHello } from './introduction.js';
import {
  ANSWER_IN_PLACE_BYTES_MAX,
  CATCH_UP_BUSY_MS,
  CATCH_UP_CROWD,
  CATCH_UP_HEARD_MS,
  CATCH_UP_RESUMES_MAX,
  CHUNKS_IN_FLIGHT_GROWN_MAX,
  CHUNKS_IN_FLIGHT_MAX,
} from './limits.js';
import { noteRubbish } from './muting.js';
import type { Frame } from './wire/frame.js';

type Have = Extract<Frame, { kind: 'have' }>;

export function ask(step: Step, document: DocumentState, peer: PeerId, about: PeerId | undefined): void {
  const { state, now, effects } = step;
  const link = state.links.get(peer);
  // Strangers are not answered.
  if (link !== undefined && !link.isMet && !link.isGreeted) sayHello(step, link);
  const request = ++state.requestCount;
  document.catchUp = {
    peer,
    request,
    about,
    term: state.writer?.id === peer ? state.writer.term : 0,
    wasComplete: link?.status?.isComplete === true,
    askedAt: now,
    chunks: new Map(),
    assembly: undefined,
    count: undefined,
    nextIndex: CHUNKS_IN_FLIGHT_MAX,
    head: undefined,
    progressAt: now,
    resumes: 0,
  };
  state.counters.catchUps++;
  const stateVector = document.replica.stateVector();
  effects.push({ kind: 'request', peer, frame: { kind: 'want', document: document.name, request, stateVector } });
  wakeBy(state, now + document.silenceMs);
}

/** Takes a chunk in: `whole` when it was the last one, and is being applied; `absurd` where it cannot belong to this answer. */
export function takeChunk(step: Step, document: DocumentState, catchUp: CatchUp, have: Have): 'more' | 'whole' | 'absurd' {
  const { state, now } = step;
  const { index, count, bytes } = have;
  if (catchUp.count !== undefined && catchUp.count !== count) return 'absurd';
  if (index === 0 && !document.replica.canRead(have.stateVector)) return 'absurd';
  if (catchUp.chunks.has(index)) return 'more';
  catchUp.count = count;
  catchUp.chunks.set(index, placed(catchUp, have));
  if (index === 0) catchUp.head = { vector: have.vector, stateVector: have.stateVector, isComplete: have.isComplete };
  catchUp.progressAt = now;
  catchUp.resumes = 0;
  state.counters.catchUpBytes += bytes.length;
  if (catchUp.chunks.size < count) {
    askForMore(step, document, catchUp, count);
    return 'more';
  }
  // Nobody need keep it any longer.
  if (count > 1) askForChunk(step, document, catchUp, count);
  return 'whole';
}

/** The chunk where it belongs in the whole: that is copied while others are under way, and the memory in which it came is free. */
function placed(catchUp: CatchUp, { index, count, bytes }: Have): Uint8Array {
  const isLast = index === count - 1;
  if (catchUp.assembly === undefined && !isLast && count * bytes.length <= ANSWER_IN_PLACE_BYTES_MAX)
    catchUp.assembly = { bytes: new Uint8Array(count * bytes.length), chunkBytes: bytes.length };
  const { assembly } = catchUp;
  // Nobody's chunks are of different lengths; if somebody's were, they would be put together at the end.
  if (assembly === undefined || (isLast ? bytes.length > assembly.chunkBytes : bytes.length !== assembly.chunkBytes)) return bytes;
  const start = index * assembly.chunkBytes;
  assembly.bytes.set(bytes, start);
  return assembly.bytes.subarray(start, start + bytes.length);
}

/** Two for one until enough are under way, then one for one: a slow asker slows the answerer, and a quick one is not kept waiting. */
function askForMore(step: Step, document: DocumentState, catchUp: CatchUp, count: number): void {
  for (let each = 0; each < 2 && catchUp.nextIndex < count; each++) {
    if (catchUp.nextIndex - catchUp.chunks.size >= CHUNKS_IN_FLIGHT_GROWN_MAX) return;
    askForChunk(step, document, catchUp, catchUp.nextIndex++);
  }
}

function askForChunk({ effects }: Step, { name }: DocumentState, { peer, request }: CatchUp, index: number): void {
  effects.push({ kind: 'request', peer, frame: { kind: 'more', document: name, request, index } });
}

/** The chunks of a whole answer as one update, with what its first chunk said of it. */
export function assemble({ chunks, head, assembly }: CatchUp): { readonly update: Uint8Array; readonly cause: ApplyCause } | undefined {
  if (head === undefined) return undefined;
  const inOrder = [...chunks].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
  const [first = new Uint8Array()] = inOrder;
  const update = inOrder.length === 1 ? first : (wholeOf(inOrder, assembly) ?? Buffer.concat(inOrder));
  return { update, cause: { kind: 'catch-up', ...head } };
}

/** Undefined where one of them did not fit. */
function wholeOf(inOrder: readonly Uint8Array[], assembly: CatchUp['assembly']): Uint8Array | undefined {
  if (assembly === undefined || inOrder.some(({ buffer }) => buffer !== assembly.bytes.buffer)) return undefined;
  return assembly.bytes.subarray(
    0,
    inOrder.reduce((sum, { length }) => sum + length, 0),
  );
}

/**
 * When an answer, or the rest of it, counts as lost. Who is heard and does not answer is busy: where forty come at once, to ask somebody
 * else after each half second would have every one of them answer all the others, several times over.
 */
export function givenUpAt({ links }: EngineState, { silenceMs }: DocumentState, { peer, progressAt }: CatchUp): number {
  const silentAt = progressAt + silenceMs;
  const link = links.get(peer);
  const heardAt = Math.max(link?.heardAt ?? -Infinity, link?.restsUntil ?? -Infinity);
  return Math.max(silentAt, Math.min(heardAt + CATCH_UP_HEARD_MS, silentAt + crowdMs(links.size)));
}

/** How much longer one may take to answer where so many peers are linked. */
export function crowdMs(links: number): number {
  return Math.max(0, links - CATCH_UP_CROWD) * CATCH_UP_BUSY_MS;
}

/** Where only a part has come and then nothing, asks for what is missing; false where there is no use in that. */
export function resume(step: Step, document: DocumentState, catchUp: CatchUp): boolean {
  const { state, now } = step;
  const { count, chunks, nextIndex } = catchUp;
  if (count === undefined || catchUp.resumes >= CATCH_UP_RESUMES_MAX) return false;
  catchUp.resumes++;
  catchUp.progressAt = now;
  state.counters.resumed++;
  let asked = 0;
  for (let index = 0; index < Math.min(count, nextIndex) && asked < CHUNKS_IN_FLIGHT_MAX; index++) {
    if (chunks.has(index)) continue;
    askForChunk(step, document, catchUp, index);
    asked++;
  }
  wakeBy(state, now + document.silenceMs);
  return true;
}

/** Bytes that no honest peer sends. */
export function rejectBytes(step: Step, from: PeerId, what: string): void {
  step.state.counters.rejected++;
  step.effects.push({ kind: 'warn', code: 'frame-rejected', message: `peer ${from} sent ${what}` });
  noteRubbish(step, from, what);
}
