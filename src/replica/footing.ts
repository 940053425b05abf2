/**
 * What an update builds on: what came before it of the clients that it brings, the neighbours and parents of its items, and what
 * it deletes. Noted while it is scanned, and only as far as it was not there then: what is there stays. An update stands on its
 * footing whole or waits whole (docs/decisions/0005).
 */

import * as Y from 'yjs';
import { Tally } from './tally.js';
import { NOBODY, UpdateScan } from './update-scan.js';
import type { ScanContext } from './update-scan.js';

/** The footing of one update. */
export interface Footing {
  /** In pairs: a client, and how many of its clocks must be there first. Undefined where nothing is missing. */
  readonly needs: readonly number[] | undefined;
  /** The client whose structs it brings, `NOBODY` where it brings none; undefined where that is not known. */
  readonly client: number | undefined;
  /** Where it brings structs of several: the others. */
  readonly others: readonly number[] | undefined;
  /** Shared types that may lie in others: then it nests deeper where what it builds on does. */
  readonly bringsTypes: boolean;
}

/** Of what was not scanned, or could not be: Yjs takes it as it is. */
export const UNKNOWN_FOOTING: Footing = { needs: undefined, client: undefined, others: undefined, bringsTypes: false };

/** Takes notes of one update after the other, as they are to be applied one after the other: what stands, carries the next. */
export class FootingNotes {
  readonly #clockInStore: (client: number) => number;
  /** Whose structs it brings, and where they end: the first, which mostly is the only one, and the others. */
  #first = NOBODY;
  #firstEnd = 0;
  #others: Map<number, number> | undefined;
  #needs: number[] | undefined;
  /** What it refers to and was not there: it may bring that itself, further behind. */
  #referred: Map<number, number> | undefined;
  #client = 0;
  /** Nothing was read yet of this client, or a gap: what comes next builds on what is between. */
  #isBehindGap = false;
  #gapStart = 0;
  /** Where clients are, or will be with the updates before this one. The one that was asked for last stands beside. */
  #reached: Map<number, number> | undefined;
  #lastClient = NOBODY;
  #lastClock = 0;

  constructor(clockInStore: (client: number) => number) {
    this.#clockInStore = clockInStore;
  }

  begin(client: number, clock: number): void {
    this.#client = client;
    this.#isBehindGap = true;
    this.#gapStart = clock;
  }

  skip(clock: number): void {
    if (this.#isBehindGap) return;
    this.#isBehindGap = true;
    this.#gapStart = clock;
  }

  struct(clock: number): void {
    if (!this.#isBehindGap) return;
    this.#isBehindGap = false;
    this.#need(this.#client, clock);
  }

  end(clock: number): void {
    const end = this.#isBehindGap ? this.#gapStart : clock;
    if (this.#first === NOBODY) {
      this.#first = this.#client;
      this.#firstEnd = end;
    } else {
      this.#others ??= new Map();
      this.#others.set(this.#client, end);
    }
  }

  /** So many clocks of a client have to be there, or to come with it. */
  refer(client: number, clocks: number): void {
    if (clocks <= this.#clockOf(client)) return;
    this.#referred ??= new Map();
    if (clocks > (this.#referred.get(client) ?? 0)) this.#referred.set(client, clocks);
  }

  /** The footing of what was read, and a fresh page. */
  take(bringsTypes: boolean): Footing {
    // What it brings is behind, or is missing itself: so far it was not known which.
    if (this.#referred !== undefined)
      for (const [client, clocks] of this.#referred) if (clocks > this.#endOf(client)) this.#need(client, clocks);
    const needs = this.#needs;
    if (needs === undefined) this.#carry();
    const others = this.#others === undefined ? undefined : [...this.#others.keys()];
    const footing = { needs, client: this.#first, others, bringsTypes };
    this.#first = NOBODY;
    this.#needs = this.#referred = this.#others = undefined;
    return footing;
  }

  /** The document has changed since. */
  forget(): void {
    this.#reached = undefined;
    this.#lastClient = NOBODY;
  }

  #endOf(client: number): number {
    return client === this.#first ? this.#firstEnd : (this.#others?.get(client) ?? 0);
  }

  #carry(): void {
    if (this.#first !== NOBODY) this.#reach(this.#first, this.#firstEnd);
    if (this.#others !== undefined) for (const [client, end] of this.#others) this.#reach(client, end);
  }

  #reach(client: number, end: number): void {
    if (end > this.#clockOf(client)) this.#lastClock = end;
  }

  #clockOf(client: number): number {
    if (client === this.#lastClient) return this.#lastClock;
    if (this.#lastClient !== NOBODY) {
      this.#reached ??= new Map();
      this.#reached.set(this.#lastClient, this.#lastClock);
    }
    this.#lastClient = client;
    this.#lastClock = this.#reached?.get(client) ?? this.#clockInStore(client);
    return this.#lastClock;
  }

  #need(client: number, clocks: number): void {
    if (clocks <= this.#clockOf(client)) return;
    const needs = (this.#needs ??= []);
    // Of one client the last is the highest: the others go with it.
    if (needs.at(-2) === client) needs[needs.length - 1] = clocks;
    else needs.push(client, clocks);
  }
}

/** What updates build on of which nothing else is to be known: how deep, how large, how costly they are. Each is to be applied before the next is read. */
export class FootingReader {
  readonly #notes: FootingNotes;
  readonly #context: ScanContext;
  readonly #tally = new Tally();

  constructor({ store }: Y.Doc) {
    const clockOf = (client: number): number => Y.getState(store, client);
    this.#notes = new FootingNotes(clockOf);
    this.#context = { ownClient: NOBODY, clockOf, structCountOf: () => 0, gapMax: Infinity, depthMax: Infinity, isSkimmed: true };
  }

  read(update: Uint8Array): Footing {
    this.#notes.forget();
    const { types } = this.#tally;
    try {
      new UpdateScan(update, this.#context, this.#tally, this.#notes).run();
      return this.#notes.take(this.#tally.types > types);
    } catch {
      this.#notes.take(false);
      return UNKNOWN_FOOTING; // no update, or deeper than the stack: Yjs is to say so
    }
  }
}
