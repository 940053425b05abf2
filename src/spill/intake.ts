/**
 * The writer takes in what was spilled: it applies each bundle to its replicas, gives it a number so that all others get it,
 * waits until its own store durably has it, and only then removes the file. A writer that is killed in between leaves
 * the file, and the next one takes it in again, which changes nothing.
 *
 * It begins when the whole store is loaded, for a spill builds on that, and looks again when a peer is lost, for it may have left one,
 * and now and then. What cannot be taken in is never dropped: what does not verify goes to quarantine, what builds on something that
 * is missing here, or is another group's, stays where it is; each is told once.
 */

import type { BundleFolder } from '../../storage/bundle-folder.js';
import { decodeBundle } from '../../storage/bundle.js';
import type { Bundle, BundledDocument } from '../../storage/bundle.js';
import { pause } from '../base/clock.js';
import type { Clock } from '../base/clock.js';
import { describe } from '../base/errors.js';
import { isPeerId } from '../base/ids.js';
import type { PeerId } from '../base/ids.js';

/** Spills of peers that live on, and those that could not be taken in before, are looked for this often. */
export const SPILL_INTAKE_MS = 10_000;
/** How often a document that is being loaded is looked at. */
export const SPILL_LOADING_POLL_MS = 20;

export interface IntakeOptions {
  readonly group: string;
  readonly spills: BundleFolder;
  readonly clock: Clock;
  /** Empty where it is not known. */
  readonly storeId: () => string;
  /** Opens the document where it is not open, until `done()`. */
  readonly prepare: (document: string) => 'loading' | 'whole' | 'deleted';
  /** Saves what was written to a deleted document where people find it, and tells them. */
  readonly setAside: (document: BundledDocument) => Promise<void>;
  /** Nothing is needed any more of what was opened. */
  readonly done: () => void;
  /** Applies an update, and gives it a number. Says what keeps some of it out; that is then not in the replica. */
  readonly apply: (document: string, update: Uint8Array) => TakenIn;
  /** Resolves with whether our own store durably has all that was applied before. */
  readonly flush: (signal: AbortSignal) => Promise<boolean>;
  /** Counts whatever changes a replica. */
  readonly changes: () => number;
  readonly isAlive: (peer: PeerId) => boolean;
  readonly warn: (code: string, message: string) => void;
}

export type TakenIn =
  | 'whole'
  /** It builds on something that is not here. */
  | 'incomplete'
  /** What came another way waits for something: the update was not applied. */
  | 'busy'
  | { readonly refused: string };

export class Intake {
  readonly #options: IntakeOptions;
  /** Names of those of which something was told. */
  readonly #told = new Set<string>();
  /** What could not be taken in, and how many changes there had been: without another one it is in vain again. Infinity: it always is. */
  readonly #inVain = new Map<string, number>();
  #end: AbortController | undefined;
  #isAsked = false;
  #isWorking = false;
  #hasFailed = false;
  #foreseen: readonly Bundle[] = [];

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /**
   * Reads what is there, for a first writer to add to what it loads before it calls that the whole: an application that fills an
   * empty document with defaults must not find it empty because all of it was spilled. Taking in comes later, as ever.
   */
  async foresee(): Promise<void> {
    const { signal } = new AbortController();
    try {
      const bundles: Bundle[] = [];
      for (const name of await this.#options.spills.list()) {
        const bundle = await this.#read(name);
        if (bundle !== undefined) bundles.push(bundle);
      }
      this.#foreseen = bundles;
    } catch (error) {
      this.#fail(error, signal);
    }
  }

  /** The document was loaded, and is about to be called whole. What builds on something missing waits for the taking in. */
  addForeseen(document: string): void {
    for (const { documents } of this.#foreseen)
      for (const { name, bytes } of documents) if (name === document) this.#options.apply(document, bytes);
  }

  /** We write, and have loaded everything. */
  begin(): void {
    this.#foreseen = [];
    if (this.#end !== undefined) return;
    this.#inVain.clear();
    const end = new AbortController();
    this.#end = end;
    void this.#lookAgain(end.signal);
  }

  /** We write no longer. */
  end(): void {
    this.#end?.abort();
    this.#end = undefined;
  }

  /** There may be new ones. */
  look(): void {
    const signal = this.#end?.signal;
    if (signal === undefined) return;
    this.#isAsked = true;
    if (!this.#isWorking) void this.#work(signal);
  }

  async #lookAgain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.look();
      await pause(this.#options.clock, SPILL_INTAKE_MS, signal);
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    this.#isWorking = true;
    try {
      while (this.#isAsked && !signal.aborted) {
        this.#isAsked = false;
        await this.#takeInAll(signal);
      }
      this.#hasFailed = false;
    } catch (error) {
      this.#fail(error, signal);
    } finally {
      this.#isWorking = false;
      this.#options.done();
    }
    // An office that ended meanwhile may have begun anew.
    if (signal.aborted) this.look();
  }

  /** One may build on another: begins anew as long as that helps. */
  async #takeInAll(signal: AbortSignal): Promise<void> {
    const { spills, isAlive } = this.#options;
    await spills.sweep((name) => {
      const peer = ownerOf(name);
      return peer !== undefined && !isAlive(peer);
    });
    for (;;) {
      const taken: string[] = [];
      let isAnyLeft = false;
      const names = await spills.list();
      this.#forgetAllBut(names);
      for (const name of names) {
        const isWhole = await this.#takeIn(name, signal);
        if (signal.aborted) return;
        if (isWhole) taken.push(name);
        else isAnyLeft = true;
      }
      if (taken.length === 0 || !(await this.#options.flush(signal))) return;
      for (const name of taken) await spills.remove(name);
      if (!isAnyLeft) return;
    }
  }

  /** A name is given once: what is gone does not come again. */
  #forgetAllBut(names: readonly string[]): void {
    for (const name of this.#told) if (!names.includes(name)) this.#told.delete(name);
    for (const name of this.#inVain.keys()) if (!names.includes(name)) this.#inVain.delete(name);
  }

  /** True when all of it is in the replicas. */
  async #takeIn(name: string, signal: AbortSignal): Promise<boolean> {
    const { changes } = this.#options;
    if ((this.#inVain.get(name) ?? -1) >= changes()) return false;
    const bundle = await this.#read(name);
    if (bundle === undefined) return false;
    let isWhole = true;
    let isBusy = false;
    for (const bundled of bundle.documents) {
      const { name: document, bytes } = bundled;
      let standing = this.#options.prepare(document);
      while (standing === 'loading') {
        await pause(this.#options.clock, SPILL_LOADING_POLL_MS, signal);
        if (signal.aborted) return false;
        standing = this.#options.prepare(document);
      }
      if (standing === 'deleted') {
        await this.#options.setAside(bundled);
        continue;
      }
      const outcome = this.#options.apply(document, bytes);
      if (outcome === 'whole') continue;
      isWhole = false;
      if (outcome === 'busy') isBusy = true;
      else this.#tell(name, 'spill-incomplete', whyIncomplete(name, document, outcome));
    }
    if (!isWhole && !isBusy) this.#inVain.set(name, changes());
    return isWhole;
  }

  /** Undefined where there is nothing to take in. */
  async #read(name: string): Promise<Bundle | undefined> {
    const { spills, group, storeId, warn } = this.#options;
    const bytes = await spills.read(name);
    if (bytes === undefined) return undefined;
    const decoded = decodeBundle(bytes);
    if (!decoded.ok && decoded.reason !== 'newer-version') {
      const { what, keptAs } = await spills.quarantine(name, `spill ${name} does not verify (${decoded.reason})`);
      const where = keptAs === undefined ? 'it stays where it is' : `kept as ${keptAs}`;
      this.#tell(name, 'spill-damaged', `${what}: what its peer could not get acknowledged is not taken in; ${where}`);
      return undefined;
    }
    const found = decoded.ok ? decoded.value : undefined;
    const isOurs = found?.purpose === 'spill' && found.group === group && ownerOf(name) !== undefined;
    if (isOurs && (found.storeId === '' || storeId() === '' || found.storeId === storeId())) return found;
    if (!this.#told.has(name))
      warn(
        'spill-foreign',
        `${name} in ${spills.location} is no spill of this group and store, or one of a newer version: it is left alone`,
      );
    this.#told.add(name);
    this.#inVain.set(name, Infinity);
    return undefined;
  }

  #tell(name: string, code: string, message: string): void {
    if (this.#told.has(name)) return;
    this.#told.add(name);
    this.#options.warn(code, message);
  }

  /** Told once, until it works again; what is left is looked for again later. */
  #fail(error: unknown, { aborted }: AbortSignal): void {
    if (aborted || this.#hasFailed) return;
    this.#hasFailed = true;
    const { spills, warn } = this.#options;
    warn('spill-unread', `what lies in ${spills.location} could not be taken in: ${describe(error)}. It stays there, and is tried again`);
  }
}

/** The peer that wrote a spill of this name. */
function ownerOf(name: string): PeerId | undefined {
  const [peer = '', count = '', ...rest] = name.split('.');
  return isPeerId(peer) && /^\d+$/.test(count) && rest.length === 0 ? peer : undefined;
}

function whyIncomplete(name: string, document: string, outcome: 'incomplete' | { readonly refused: string }): string {
  const why = outcome === 'incomplete' ? 'builds on something that is missing here' : `was refused (${outcome.refused})`;
  return `some of spill ${name} for ${document} ${why}: it is left out, and the spill is kept; it is tried again when there are others`;
}
