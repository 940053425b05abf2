/**
 * One loaded copy of the package with its instance, inside a player: makes edits, notes what is acknowledged, measures
 * how old the others' edits are on arrival. Uses the public face only, and only that of its own build.
 */

import { createHash } from 'node:crypto';

import type { Instance, Y } from '../../index.js';
import { describe } from '../../base/errors.js';
import type { Random } from '../../base/random.js';
import { isJsonObject } from '../json-text.js';
import { LagGauge } from './lag-gauge.js';
import { machineMs } from './machine-clock.js';
import type { Build, CopyReport, Edit, News } from './messages.js';

/** With more than this unacknowledged, a copy stops editing until the writer has caught up. */
const EDITS_UNDER_WAY_MAX = 256;
const RING_KEYS = 32;

export interface CopyOptions {
  readonly build: Build;
  readonly instance: Instance;
  readonly random: Random;
  readonly say: (news: News) => void;
}

export class Copy {
  readonly build: Build;
  readonly instance: Instance;
  readonly #random: Random;
  readonly #say: (news: News) => void;
  readonly #presets: Y.Map<unknown>;
  readonly #edits: Y.Map<unknown>;
  readonly #underWay = new Set<Promise<void>>();
  readonly #failures: string[] = [];
  readonly #ends: (() => void)[] = [];
  readonly #lag = new LagGauge();
  readonly #disk = new LagGauge();
  #changedAtMs = machineMs();
  #made = 0;
  #acknowledged = 0;

  constructor({ build, instance, random, say }: CopyOptions) {
    this.build = build;
    this.instance = instance;
    this.#random = random;
    this.#say = say;
    this.#presets = instance.doc.getMap('presets');
    this.#edits = instance.doc.getMap('edits');
    this.#watch();
  }

  /** Changes one preset and says so under a key of its own, in one transaction; the disk is waited for in the background. */
  edit(keys: 'fresh' | 'ring'): void {
    if (this.#underWay.size >= EDITS_UNDER_WAY_MAX || this.#presets.size === 0) return;
    const ids = [...this.#presets.keys()];
    const preset = ids[Math.floor(this.#random.fraction() * ids.length)] ?? '';
    const found = this.#presets.get(preset);
    const edit: Edit = { preset, ...this.#change(found), atMs: machineMs() };
    const count = this.#made++;
    const key = `${this.instance.id}/${keys === 'fresh' ? count : `ring-${count % RING_KEYS}`}`;
    this.instance.transact(() => {
      this.#presets.set(preset, { ...(isJsonObject(found) ? found : { body: found }), [edit.change]: edit.to });
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
    return { edits: Object.fromEntries(this.#edits.entries()) as Record<string, Edit>, presetIds: [...this.#presets.keys()] };
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
      presets: this.#presets.size,
      digest: inspection.documents.find(({ name }) => name === 'main')?.digest ?? '',
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
    this.instance.doc.on('update', noteChange);
    this.#edits.observe(noteLag);
    this.#ends.push(
      () => this.instance.doc.off('update', noteChange),
      () => this.#edits.unobserve(noteLag),
      this.instance.on('writer-changed', ({ writer }) => {
        if (writer === undefined) return;
        this.#say({ kind: 'writer-changed', build: this.build, writer: writer.id, term: writer.term, atMs: machineMs() });
      }),
      this.instance.on('warning', (warning) => this.#say({ kind: 'warned', build: this.build, message: warning.message })),
    );
  }

  #change(found: unknown): Pick<Edit, 'change' | 'to'> {
    const preset = isJsonObject(found) ? found : {};
    const chance = this.#random.fraction();
    if (chance < 0.5) return { change: 'rating', to: 1 + Math.floor(this.#random.fraction() * 5) };
    if (chance < 0.85) return { change: 'favourite', to: preset['favourite'] !== true };
    const name = typeof preset['name'] === 'string' ? preset['name'] : 'Untitled';
    return { change: 'name', to: `${name.replace(/ \(take \d+\)$/, '')} (take ${1 + Math.floor(this.#random.fraction() * 99)})` };
  }

  /** A second opinion, independent of digests: what is there, sorted, as JSON. */
  #hashContent(): string {
    const hash = createHash('sha256');
    for (const map of [this.#presets, this.#edits]) {
      for (const key of [...map.keys()].sort()) hash.update(JSON.stringify([key, map.get(key)]));
    }
    return hash.digest('hex');
  }
}
