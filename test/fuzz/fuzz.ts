/**
 * The fuzzer: bytes into live peers. Half of the frames go to one group that lives as long as the run (does memory stay flat, does it
 * still converge?) with damaged updates from a pool, so that what passes the checks by chance cannot make its documents grow for ever;
 * the other half to groups that live shortly and are given what was never seen before.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { Assault, feed, stopwatch } from './assault.js';
import type { FrameClass, Impact, Shot } from './assault.js';
import { Chance } from './chance.js';
import { hello } from './frames.js';
import { DOCUMENTS, FuzzGroup } from './fuzz-group.js';
import { Updates } from './updates.js';
import { DEPARTED_KEPT_MS, MUTED_MS } from '../../sync/limits.js';
import { encodeFrame } from '../../sync/wire/encode-frame.js';

/** Nothing of ours may hold the loop for longer. */
export const FRAME_MS_MAX = 50;
/** From a fifth of the run to its end. */
export const MEMORY_GROWTH_BYTES_MAX = 16 * 1024 * 1024;
/** Then it ends: there is enough to look into. */
const PROBLEMS_MAX = 5;
const BLOCK = 2500;
const FRAMES_PER_STEP = 50;

export interface FuzzOptions {
  readonly frames: number;
  readonly seed: number;
  readonly progress?: (done: number) => void;
}

/** In use after a collection of garbage. Frames and updates lie in array buffers, beside the heap. */
export interface Memory {
  readonly heapBytes: number;
  readonly arrayBufferBytes: number;
}

export interface Slow {
  readonly tookMs: number;
  readonly shot: Shot;
}

export interface Figures {
  readonly frames: number;
  readonly seconds: number;
  readonly byClass: ReadonlyMap<FrameClass, number>;
  readonly byVerdict: ReadonlyMap<string, number>;
  readonly warnings: ReadonlyMap<string, number>;
  readonly slowest: Slow;
  /** Took too long once; alone in a fresh group they did not. */
  readonly slowOnce: number;
  readonly memory: readonly [early: Memory, late: Memory];
  readonly problems: readonly string[];
}

export async function fuzz({ frames, seed, progress }: FuzzOptions): Promise<Figures> {
  const run = new Run(seed);
  await run.begin();
  for (let done = 0; done < frames; done += BLOCK) {
    await run.block(done / BLOCK, Math.min(BLOCK, frames - done));
    if (done + BLOCK >= frames / 5) run.memoryEarly ??= memory();
    progress?.(done + BLOCK);
    if (run.problems.length >= PROBLEMS_MAX) break;
  }
  return run.end();
}

class Run {
  readonly problems: string[] = [];
  memoryEarly: Memory | undefined;
  readonly #seed: number;
  readonly #chance: Chance;
  readonly #updates: Updates;
  readonly #byClass = new Map<FrameClass, number>();
  readonly #byVerdict = new Map<string, number>();
  readonly #warnings = new Map<string, number>();
  #slowest: Slow | undefined;
  #slowOnce = 0;
  #frames = 0;
  #lasting: { readonly group: FuzzGroup; readonly assaults: readonly Assault[] } | undefined;
  readonly #startedAt = performance.now();

  constructor(seed: number) {
    this.#seed = seed;
    this.#chance = new Chance(seed);
    this.#updates = new Updates(this.#chance);
  }

  async begin(): Promise<void> {
    const group = await FuzzGroup.open(this.#seed);
    // One writes, the other follows.
    const assaults = group.members.slice(0, 2).map((member) => this.#assault(group, member, false));
    for (const assault of assaults) await assault.begin();
    this.#lasting = { group, assaults };
  }

  async block(number: number, count: number): Promise<void> {
    if (this.#lasting === undefined) return;
    const { group, assaults } = this.#lasting;
    const assault = assaults[Math.floor(number / 2) % assaults.length];
    if (number % 2 === 0 && assault !== undefined) return this.#bombard(group, assault, count);
    const short = await FuzzGroup.open(this.#seed + number);
    const member = this.#chance.pick(short.members);
    const novel = this.#assault(short, member, true);
    await novel.begin();
    await this.#bombard(short, novel, count);
    novel.end();
    this.#countWarnings(short);
    // What it took in by chance may be anything; that it can be closed is all that is asked of it.
    await short.close();
  }

  #assault(group: FuzzGroup, member: FuzzGroup['members'][number], isNovel: boolean): Assault {
    return new Assault(group, member, { chance: this.#chance, updates: this.#updates, isNovel });
  }

  async #bombard(group: FuzzGroup, assault: Assault, count: number): Promise<void> {
    for (let index = 0; index < count && this.problems.length < PROBLEMS_MAX; index++) {
      const impact = assault.fire(await assault.next());
      await this.#note(impact);
      if (index % FRAMES_PER_STEP !== FRAMES_PER_STEP - 1) continue;
      if (this.#chance.isIn(0.2)) this.#liveOn(group, index);
      await group.clock.advance(20 + this.#chance.below(60));
    }
  }

  /** Under fire, somebody writes something. */
  #liveOn({ members }: FuzzGroup, value: number): void {
    const { peer } = this.#chance.pick(members);
    peer.replica(this.#chance.pick(peer.documentNames)).doc.getMap('under fire').set(peer.id, value);
  }

  async #note(impact: Impact): Promise<void> {
    const { shot, verdict, tookMs, wrong } = impact;
    this.#frames++;
    this.#byClass.set(shot.class, (this.#byClass.get(shot.class) ?? 0) + 1);
    this.#byVerdict.set(verdict, (this.#byVerdict.get(verdict) ?? 0) + 1);
    if (wrong !== undefined) this.problems.push(`${wrong}\n  ${describe(shot)}`);
    let worst = tookMs;
    if (tookMs > FRAME_MS_MAX) {
      worst = await timeAlone(shot, this.#seed);
      if (worst > FRAME_MS_MAX) this.problems.push(`a frame took ${worst.toFixed(0)} ms\n  ${describe(shot)}`);
      else this.#slowOnce++;
    }
    if (worst > (this.#slowest?.tookMs ?? -1)) this.#slowest = { tookMs: worst, shot };
  }

  async end(): Promise<Figures> {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    if (this.#lasting === undefined || this.#slowest === undefined) throw new Error('nothing was fired');
    const { group, assaults } = this.#lasting;
    for (const assault of assaults) assault.end();
    const late = memory();
    const early = this.memoryEarly ?? late;
    if (sum(late) - sum(early) > MEMORY_GROWTH_BYTES_MAX) this.problems.push(`memory grew from ${inWords(early)} to ${inWords(late)}`);
    await this.#expectLife(group).catch((error: unknown) => this.problems.push(String(error)));
    this.#countWarnings(group);
    return {
      frames: this.#frames,
      seconds,
      byClass: this.#byClass,
      byVerdict: this.#byVerdict,
      warnings: this.#warnings,
      slowest: this.#slowest,
      slowOnce: this.#slowOnce,
      memory: [early, late],
      problems: this.problems,
    };
  }

  /** After the flood the group is a group: what each writes reaches everybody, and the disk. */
  async #expectLife(group: FuzzGroup): Promise<void> {
    // Who was muted is heard again, who left is forgotten.
    await group.clock.advance(MUTED_MS + DEPARTED_KEPT_MS);
    const replicas = group.members.flatMap(({ peer }) => DOCUMENTS.map((document) => ({ peer, replica: peer.replica(document) })));
    for (const { peer, replica } of replicas) replica.doc.getMap('after the flood').set(peer.id, 'written');
    await group.converge(({ doc }) => doc.getMap('after the flood').size === group.members.length);
    for (const { peer } of group.members) {
      const { ok } = await group.run(peer.synchronizer.flush());
      if (!ok) throw new Error(`${peer.id} cannot flush:\n${group.describe()}`);
      // Of what rubbish frames had it open for others nothing is left.
      const left = peer.documentNames.filter((name) => !DOCUMENTS.some((document) => document === name));
      if (left.length > 0) throw new Error(`${peer.id} has ${left.join(', ')} open for nobody:\n${group.describe()}`);
    }
    await group.close();
  }

  #countWarnings({ members }: FuzzGroup): void {
    for (const { warnings, failures } of members) {
      for (const [code, times] of warnings) this.#warnings.set(code, (this.#warnings.get(code) ?? 0) + times);
      for (const failure of failures) this.problems.push(failure);
    }
  }
}

/** The least of three times in fresh groups: what a collection of garbage or another process added is not the frame's. */
async function timeAlone(shot: Shot, seed: number): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < 3; count++) {
    const group = await FuzzGroup.open(seed);
    const [member] = group.members;
    if (member === undefined) continue;
    const { from } = shot;
    const address = { id: from, publisher: from, messenger: from, responder: from };
    await group.announce(address);
    const chance = new Chance(seed);
    const around = { chance, updates: new Updates(chance), isNovel: false, sender: from, peers: [from], documents: [], asked: undefined };
    member.listener.requested(from, encodeFrame(from, hello({ ...around, nextSeq: () => 1 }, false)));
    const stop = stopwatch();
    feed(member, shot);
    times.push(stop());
    group.roster.crash(from);
    member.listener.disconnected(from);
    await group.close();
  }
  return Math.min(...times);
}

/** So that it can be fed again: channel, sender, bytes. */
export function describe({ class: kind, channel, from, bytes }: Shot): string {
  const hex = Buffer.from(bytes).toString('hex');
  return `${kind}, ${channel}, from ${from}, ${bytes.length} bytes: ${hex.length > 4000 ? `${hex.slice(0, 4000)}…` : hex}`;
}

function memory(): Memory {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heapBytes: heapUsed, arrayBufferBytes: arrayBuffers };
}

function sum({ heapBytes, arrayBufferBytes }: Memory): number {
  return heapBytes + arrayBufferBytes;
}

function inWords({ heapBytes, arrayBufferBytes }: Memory): string {
  const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return `${mib(heapBytes)} of heap and ${mib(arrayBufferBytes)} of array buffers`;
}

/** The closing table. */
export function tableOf({ frames, seconds, byClass, byVerdict, warnings, slowest, slowOnce, memory: [early, late] }: Figures): string {
  const rows = (counts: ReadonlyMap<string, number>): string[] =>
    [...counts].sort(([, a], [, b]) => b - a).map(([name, count]) => `  ${name.padEnd(24)} ${String(count).padStart(9)}`);
  return [
    `${frames} frames in ${seconds.toFixed(1)} s: ${Math.round(frames / seconds)} frames/s`,
    'frames by class',
    ...rows(byClass),
    'what became of them',
    ...rows(byVerdict),
    'warnings of the peers',
    ...rows(warnings),
    `slowest frame: ${slowest.tookMs.toFixed(1)} ms (${slowOnce} took over ${FRAME_MS_MAX} ms once and not when fed alone)`,
    `  ${describe(slowest.shot).slice(0, 400)}`,
    `memory: ${inWords(early)} after a fifth, ${inWords(late)} at the end`,
  ].join('\n');
}
