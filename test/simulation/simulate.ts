/**
 * One run: a seed decides the weather, who does what and when, and what befalls whom. Then everything heals and comes to
 * rest, some drills are held, all are killed, and somebody starts from the disk. Checkers look on all the time.
 */

import { createHash } from 'node:crypto';
import { seededRandom } from '../../src/base/random.js';
import { Checkers } from './checkers.js';
import { holdDrills } from './drills.js';
import { contentOf } from './floor.js';
import { Listeners } from './listeners.js';
import { MachineRoom } from './machine-room.js';
import { DOCUMENTS, IN_MEMORY, Operations } from './operations.js';
import type { Member } from './member.js';
import { NAMES, NamedDocuments } from './named-documents.js';
import { Promises } from './promises.js';
import type { Figures } from './report.js';
import { Story } from './story.js';
import type { Cast } from './story.js';
import { weatherOf } from './weather.js';

export interface SimulateOptions {
  /** How many things happen before all heals. */
  readonly steps?: number | undefined;
  /** With how many the group begins; else the seed says. */
  readonly peers?: number | undefined;
  /** Is told the course of events. */
  readonly tell?: ((text: string) => void) | undefined;
}

export const STEPS = 100;
/** After all faults: the longest waits of the protocol in a row (a candidate that cools down, a muted sender), and some. */
const REST_MAX_MS = 60_000;

export async function simulate(seed: number, { steps = STEPS, peers, tell = () => undefined }: SimulateOptions = {}): Promise<Figures> {
  const run = new Run(seed, tell);
  await run.play(steps, peers);
  return run.figures();
}

class Run {
  readonly #seed: number;
  readonly #cast: Cast;
  readonly #story: Story;
  readonly #checkers: Checkers;
  #restMs = 0;

  constructor(seed: number, tell: (text: string) => void) {
    this.#seed = seed;
    const chance = seededRandom(seed * 7919 + 1);
    const weather = weatherOf(chance, seededRandom(seed * 7919 + 3));
    tell(`weather ${JSON.stringify(weather)}`);
    const room: MachineRoom = new MachineRoom(seed, weather, {
      joined: (member) => {
        listeners.attach(member);
        this.#checkers.joined(member);
      },
      ended: (member) => {
        named.ended(member);
        this.#checkers.membersChanged();
      },
      synced: (member, document) => this.#checkers.synced(member, document),
      spilled: (bytes) => promises.spill(bytes),
      told: tell,
    });
    const promises = new Promises(room);
    const listeners = new Listeners(room, chance, weather);
    const named = new NamedDocuments(room, seededRandom(seed * 7919 + 5));
    this.#checkers = new Checkers({ room, promises, weather, named });
    this.#cast = { room, chance, weather, promises, named, operations: new Operations(chance, weather.bigBytes) };
    this.#story = new Story(this.#cast);
  }

  async play(steps: number, peers: number | undefined): Promise<void> {
    const { room, weather, chance } = this.#cast;
    for (let count = 0; count < (peers ?? weather.founders); count++) this.#story.join();
    await this.#advance(chance.fraction() * 60);
    for (let count = 0; count < steps; count++) {
      await this.#story.goOn();
      await this.#advance(chance.fraction() < weather.idleRate ? 500 + chance.fraction() * 3000 : chance.fraction() * 40);
    }
    await this.#heal();
    await this.#rest('after the faults');
    this.#restMs = room.clock.now() - this.#restMs;
    await holdDrills({ story: this.#story, cast: this.#cast, advance: (ms) => this.#advance(ms), rest: (when) => this.#rest(when) });
    await this.#startFromDisk();
  }

  async #heal(): Promise<void> {
    const { room } = this.#cast;
    room.tell('all heals');
    room.calm();
    this.#story.mend();
    // Where only such are left as never write, nobody would ever lead.
    await room.join();
    for (const member of room.members) for (const name of [...DOCUMENTS, IN_MEMORY]) room.openDocument(member, name);
    for (const member of room.members) this.#openNamed(member);
    this.#restMs = room.clock.now();
  }

  #openNamed(member: Member): void {
    const { named, weather } = this.#cast;
    if (weather.hasMoreDocuments) for (const name of NAMES) named.open(member, name);
  }

  /** One starts from the disk; a second writes into documents that the first has not open, before it can know what is stored of them. */
  async #startFromDisk(): Promise<void> {
    const { room } = this.#cast;
    for (const member of [...room.members]) room.kill(member);
    const first = await room.join();
    this.#openNamed(first);
    await this.#rest('from the disk');
    const second = await room.join();
    for (const name of DOCUMENTS) room.openDocument(second, name);
    for (const name of DOCUMENTS) second.doc(name).getMap('map').set('written first', 1);
    await this.#advance(100);
    room.kill(first);
    await this.#rest('from the disk once more');
    this.#story.flush(second);
    await this.#rest('after the last flush');
    room.kill(second);
  }

  async #advance(ms: number): Promise<void> {
    const { room } = this.#cast;
    await room.clock.advance(ms);
    this.#checkers.atStep();
    this.#stopIfViolated();
  }

  /** Turns the clock until all is quiet, and looks whether all is well. */
  async #rest(when: string): Promise<void> {
    const { room } = this.#cast;
    const endsAt = room.clock.now() + REST_MAX_MS;
    while (!this.#checkers.isAtRest()) {
      if (room.clock.now() >= endsAt) throw new Error(`${when}: no rest after ${REST_MAX_MS / 1000} s:\n${this.#checkers.describe()}`);
      await this.#advance(50);
    }
    room.tell(`at rest ${when}`);
    this.#checkers.atQuiet(when);
    this.#stopIfViolated();
  }

  #stopIfViolated(): void {
    const { violations } = this.#cast.room;
    if (violations.length > 0) throw new Error(violations.slice(0, 3).join('; '));
  }

  figures(): Figures {
    const { room, promises } = this.#cast;
    room.count('acknowledged', promises.count);
    room.count('snapshots', room.disk.snapshots);
    room.count('commits', room.disk.commits);
    room.count('takeovers', room.disk.term);
    room.count('frames dropped at a high-water mark', room.network.overflowed.published + room.network.overflowed.requests);
    const contents = DOCUMENTS.map((name) => room.disk.image(name)).map((doc) => (doc === undefined ? '' : contentOf(doc)));
    const fingerprint = createHash('sha256').update(JSON.stringify([contents, room.clock.now(), [...room.counts]]));
    return {
      seed: this.#seed,
      virtualMs: room.clock.now(),
      restMs: this.#restMs,
      counts: Object.fromEntries(room.counts),
      highest: Object.fromEntries(room.highest),
      fingerprint: fingerprint.digest('hex').slice(0, 16),
    };
  }
}
