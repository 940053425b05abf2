/**
 * One loaded copy of the package with its instance, inside a player: makes edits, notes what is acknowledged, measures
 * how old the others' edits are on arrival. Uses the public face only, and only that of its own build.
 */

import { createHash } from 'node:crypto';

import type { Instance, Y } from '../../index.js';
import type { Library, Preset } from '../../library/index.js';
import { describe } from '../../base/errors.js';
import type { Random } from '../../base/random.js';
import { LagGauge } from './lag-gauge.js';
import { machineMs } from './machine-clock.js';
import type { Build, CopyReport, Edit, News } from './messages.js';

/** With more than this unacknowledged, a copy stops editing until the writer has caught up. */
const EDITS_UNDER_WAY_MAX = 256;
const RING_KEYS = 32;

/** The document that a library lies in unless told otherwise. */
export const LIBRARY_DOCUMENT = 'library';

type LibraryDocument = Awaited<ReturnType<Instance['document']>>;

export interface CopyOptions {
  readonly build: Build;
  readonly instance: Instance;
  readonly library: Library<unknown>;
  /** The one that the library lies in: so a preset and what is said of its edit change together. */
  readonly document: LibraryDocument;
  readonly random: Random;
  readonly say: (news: News) => void;
}

export class Copy {
  readonly build: Build;
  readonly instance: Instance;
  readonly #random: Random;
  readonly #say: (news: News) => void;
  readonly library: Library<unknown>;
  readonly #document: LibraryDocument;
  readonly #edits: Y.Map<unknown>;
  readonly #underWay = new Set<Promise<void>>();
  readonly #failures: string[] = [];
  readonly #ends: (() => void)[] = [];
  readonly #lag = new LagGauge();
  readonly #disk = new LagGauge();
  #changedAtMs = machineMs();
  #made = 0;
  #acknowledged = 0;

  constructor({ build, instance, library, document, random, say }: CopyOptions) {
    this.build = build;
    this.instance = instance;
    this.#random = random;
    this.#say = say;
    this.library = library;
    this.#document = document;
    this.#edits = document.doc.getMap('edits');
    this.#watch();
  }

  /** Changes one preset and says so under a key of its own, in one transaction; the disk is waited for in the background. */
  edit(keys: 'fresh' | 'ring'): void {
    if (this.#underWay.size >= EDITS_UNDER_WAY_MAX) return;
    const presets = this.library.list();
    const preset = presets[Math.floor(this.#random.fraction() * presets.length)];
    if (preset === undefined) return;
    const edit: Edit = { preset: preset.id, ...this.#change(preset), atMs: machineMs() };
    const count = this.#made++;
    const key = `${this.instance.id}/${keys === 'fresh' ? count : `ring-${count % RING_KEYS}`}`;
    this.#document.transact(() => {
      this.library.update(preset.id, { [edit.change]: edit.to });
      this.#edits.set(key, edit);
    });
    const ended: Promise<void> = this.#awaitDisk(key, edit, keys === 'fresh').finally(() => this.#underWay.delete(ended));
    this.#underWay.add(ended);
  }

  /** Resolves when every edit is acknowledged or has failed; with what failed. */
  async rest(): Promise<readonly string[]> {
    await Promise.all(this.#underWay);
    return this.#failures.splice(0);
  }

  /** All that is here, for the presenter to compare with what it noted outside. */
  recite(): { readonly edits: Record<string, Edit>; readonly presetIds: string[] } {
    return { edits: Object.fromEntries(this.#edits.entries()) as Record<string, Edit>, presetIds: this.library.list().map(({ id }) => id) };
  }

  report(options: { readonly withContent: boolean }): CopyReport {
    const inspection = this.instance.inspect();
    return {
      build: this.build,
      peer: inspection.peer,
      role: this.instance.role,
      writer: this.instance.writer?.id,
      term: this.instance.writer?.term,
      isSynced: inspection.isSynced,
      peers: this.instance.peers.length,
      presets: this.library.size,
      digest: inspection.documents.find(({ name }) => name === LIBRARY_DOCUMENT)?.digest ?? '',
      content: options.withContent ? this.#hashContent() : undefined,
      changedAtMs: this.#changedAtMs,
      lagMs: this.#lag.medianMs(machineMs()),
      diskMs: this.#disk.medianMs(machineMs()),
      made: this.#made,
      acknowledged: this.#acknowledged,
    };
  }

  async close(): Promise<void> {
    for (const end of this.#ends.splice(0)) end();
    await this.library.close();
    await this.#document.close();
    await this.instance.close();
  }

  async #awaitDisk(key: string, edit: Edit, isEvidence: boolean): Promise<void> {
    try {
      const { term } = await this.instance.flush();
      const atMs = machineMs();
      this.#acknowledged++;
      this.#disk.note(atMs, atMs - edit.atMs);
      this.#say({ kind: 'acknowledged', build: this.build, key, edit, isEvidence, term, atMs });
    } catch (error) {
      this.#failures.push(`${key}: ${describe(error)}`);
    }
  }

  #watch(): void {
    const noteChange = (): void => void (this.#changedAtMs = machineMs());
    const noteLag = (event: Y.YMapEvent<unknown>, transaction: Y.Transaction): void => {
      if (transaction.local) return;
      const atMs = machineMs();
      for (const key of event.keysChanged) {
        const edit = this.#edits.get(String(key)) as Edit | undefined;
        if (edit !== undefined) this.#lag.note(atMs, atMs - edit.atMs);
      }
    };
    const { doc } = this.#document;
    doc.on('update', noteChange);
    this.#edits.observe(noteLag);
    this.#ends.push(
      () => doc.off('update', noteChange),
      () => this.#edits.unobserve(noteLag),
      this.instance.on('writer-changed', ({ writer }) => {
        if (writer === undefined) return;
        this.#say({ kind: 'writer-changed', build: this.build, writer: writer.id, term: writer.term, atMs: machineMs() });
      }),
      this.instance.on('warning', (warning) => this.#say({ kind: 'warned', build: this.build, message: warning.message })),
    );
  }

  #change({ favourite, name }: Preset): Pick<Edit, 'change' | 'to'> {
    const chance = this.#random.fraction();
    if (chance < 0.5) return { change: 'rating', to: 1 + Math.floor(this.#random.fraction() * 5) };
    if (chance < 0.85) return { change: 'favourite', to: !favourite };
    return { change: 'name', to: `${name.replace(/ \(take \d+\)$/, '')} (take ${1 + Math.floor(this.#random.fraction() * 99)})` };
  }

  /** A second opinion, independent of digests: what is there, sorted, as JSON. */
  #hashContent(): string {
    const hash = createHash('sha256');
    // Whether a body was looked for is no content.
    const presets = this.library.list().map(({ isComplete: _, ...preset }): readonly [string, unknown] => [preset.id, preset]);
    for (const entries of [presets, [...this.#edits.entries()]])
      for (const entry of entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) hash.update(JSON.stringify(entry));
    return hash.digest('hex');
  }
}
