/**
 * All players, and what the presenter knows of them: the latest report of each copy, the ledger of acknowledged edits,
 * who said when that the writer changed. Everything heard is noted here; the story asks, waits and judges.
 */

import { laneName } from './event-line.js';
import type { DemoEvent, LaneName } from './events.js';
import { Ledger } from './ledger.js';
import type { Answers, CopyReport, Edit, News, Place } from './messages.js';
import { PlayerProcess } from './player-process.js';
import type { PlayerEnd } from './player-process.js';

export interface LaneReport extends LaneName {
  readonly copy: CopyReport;
}

type Acknowledgement = Extract<News, { kind: 'acknowledged' }> & LaneName;
type WriterChange = Extract<News, { kind: 'writer-changed' }> & LaneName;

export class Cast {
  readonly ledger = new Ledger();
  /** In the order in which they were heard. */
  readonly acknowledgements: Acknowledgement[] = [];
  readonly writerChanges: WriterChange[] = [];
  readonly #emit: (event: DemoEvent) => void;
  readonly #players = new Map<number, PlayerProcess>();
  readonly #reports = new Map<number, readonly CopyReport[]>();
  readonly #lanesByPeer = new Map<string, LaneName>();
  readonly #made = new Map<string, number>();
  readonly #loaded = new Set<number>();
  readonly #losses: string[] = [];
  readonly #listeners = new Set<() => void>();
  #hasExplainedYjs = false;
  #acknowledged = 0;
  #count = 0;

  constructor(emit: (event: DemoEvent) => void) {
    this.#emit = emit;
  }

  get players(): readonly PlayerProcess[] {
    return [...this.#players.values()];
  }

  /** The latest of every copy of every running player. */
  get reports(): readonly LaneReport[] {
    return [...this.#reports].flatMap(([player, copies]) => copies.map((copy) => ({ player, build: copy.build, copy })));
  }

  /** Processes that ended although nobody of ours made them. */
  get losses(): readonly string[] {
    return this.#losses;
  }

  /** By the living and the dead. What the dead had not reported any more is known only as far as it was acknowledged. */
  get editsMade(): number {
    const acknowledged = (lane: string): number => this.acknowledgements.filter((news) => laneName(news) === lane).length;
    return [...this.#made].reduce((sum, [lane, made]) => sum + Math.max(made, acknowledged(lane)), 0);
  }

  async start(signal: AbortSignal): Promise<PlayerProcess> {
    const number = ++this.#count;
    const player = new PlayerProcess(number, (news) => this.#hear(number, news));
    this.#players.set(number, player);
    void player.ended.then((end) => this.#noteEnd(player, end));
    this.#emit({ kind: 'player-started', player: number, pid: player.pid });
    if (!(await this.until(() => this.#loaded.has(number) || !player.isRunning, 15_000, signal)) || !player.isRunning) {
      throw new Error(`process ${number} did not come up${player.lastWords}`);
    }
    return player;
  }

  /** Joins the group with both copies of a player. */
  async join(player: PlayerProcess, { place, seed }: { readonly place: Place; readonly seed: number }): Promise<Answers['join']> {
    const answer = await player.ask({ kind: 'join', place, seed: seed + 2 * player.number });
    this.#note(player.number, answer.copies);
    this.#emit({
      kind: 'player-joined',
      player: player.number,
      tookMs: answer.tookMs,
      presets: Math.min(...answer.copies.map(({ presets }) => presets)),
    });
    return answer;
  }

  /**
   * Asks all running players for a fresh report with the hash of their content, and returns just those: the next
   * report of the kind that comes by itself has no such hash.
   */
  async look(): Promise<readonly LaneReport[]> {
    const looks = await Promise.all(
      this.players.map(async (player) => {
        const { copies } = await player.ask({ kind: 'look' });
        this.#note(player.number, copies);
        return copies.map((copy) => ({ player: player.number, build: copy.build, copy }));
      }),
    );
    return looks.flat();
  }

  /** True as soon as `condition` holds, tried at everything heard; false when it did not within `timeoutMs`. */
  until(condition: () => boolean, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const end = (action: () => void): void => {
        clearTimeout(timer);
        this.#listeners.delete(attempt);
        signal.removeEventListener('abort', abort);
        action();
      };
      const attempt = (): void => {
        if (condition()) end(() => resolve(true));
      };
      const abort = (): void => end(() => reject(signal.reason as Error));
      const timer = setTimeout(() => end(() => resolve(condition())), timeoutMs);
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort);
      this.#listeners.add(attempt);
      attempt();
    });
  }

  /** Who has this peer id; undefined for a peer that is none of ours. */
  laneOf(peer: string | undefined): LaneName | undefined {
    return peer === undefined ? undefined : this.#lanesByPeer.get(peer);
  }

  player(number: number): PlayerProcess {
    const player = this.#players.get(number);
    if (player === undefined) throw new Error(`process ${number} is not running`);
    return player;
  }

  /** What every copy has, next to what was acknowledged. */
  async recite(): Promise<readonly (LaneName & { readonly edits: Readonly<Record<string, Edit>> })[]> {
    return Promise.all(
      this.reports.map(async ({ player, build }) => ({
        player,
        build,
        edits: (await this.player(player).ask({ kind: 'recite', build })).edits,
      })),
    );
  }

  /** Where the store lies, as an instance says. */
  async directory(): Promise<string> {
    const [player] = this.players;
    if (player === undefined) throw new Error('nobody is there to say where the store lies');
    return (await player.ask({ kind: 'look' })).directory;
  }

  /** The id of a preset that is there, to be looked at afterwards. */
  async somePreset(): Promise<string> {
    const [player] = this.players;
    const ids = player === undefined ? [] : (await player.ask({ kind: 'recite', build: 'esm' })).presetIds;
    return [...ids].sort()[0] ?? '';
  }

  /** Ends all, one after the other, the writer's process last. How many did so by themselves. */
  async stop(): Promise<number> {
    const writer = this.reports.find(({ copy }) => copy.role === 'writer')?.player;
    let inOrder = 0;
    for (const player of [...this.players].sort((a, b) => Number(a.number === writer) - Number(b.number === writer))) {
      if (await player.stop()) inOrder++;
    }
    return inOrder;
  }

  /** For when there is no time for order. Synchronous, so that it works while the process exits. */
  kill(): void {
    for (const player of this.players) player.kill();
  }

  #hear(player: number, news: News): void {
    switch (news.kind) {
      case 'loaded':
        this.#loaded.add(player);
        if (news.sawDoubleImport && !this.#hasExplainedYjs) this.#emit({ kind: 'double-import-seen' });
        this.#hasExplainedYjs ||= news.sawDoubleImport;
        break;
      case 'reported':
        this.#note(player, news.copies);
        break;
      case 'acknowledged':
        // While it is watched (`ring`) keys come round again: those are no evidence, and not noted.
        if (news.isEvidence) {
          this.ledger.note(news.key, news.edit);
          this.acknowledgements.push({ ...news, player });
        }
        this.#emit({ kind: 'acknowledged', total: ++this.#acknowledged });
        break;
      case 'writer-changed':
        this.writerChanges.push({ ...news, player });
        break;
      case 'progressed':
        this.#emit(news);
        break;
      case 'warned':
        this.#emit({ kind: 'warned', lane: { player, build: news.build }, message: news.message });
        break;
    }
    for (const attempt of this.#listeners) attempt();
  }

  #note(player: number, copies: readonly CopyReport[]): void {
    if (!this.#players.has(player)) return;
    this.#reports.set(player, copies);
    for (const { peer, build, made } of copies) {
      this.#lanesByPeer.set(peer, { player, build });
      this.#made.set(laneName({ player, build }), made);
    }
    this.#emit({ kind: 'reported', player, copies });
  }

  #noteEnd(player: PlayerProcess, { code, signal }: PlayerEnd): void {
    this.#players.delete(player.number);
    this.#reports.delete(player.number);
    if (!player.isDismissed) {
      const how = `${signal ?? `exit code ${code}`}${player.lastWords}`;
      this.#losses.push(`process ${player.number} ended unexpectedly: ${how}`);
      this.#emit({ kind: 'lost', player: player.number, how });
    }
    for (const attempt of this.#listeners) attempt();
  }
}
