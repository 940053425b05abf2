/** Who does what, and what befalls whom: one thing at each step, drawn from the seed's weather. */

import type { Random } from '../../src/base/random.js';
import type { MachineRoom } from './machine-room.js';
import { KeptKeys } from './kept-keys.js';
import { isPlanned } from './listeners.js';
import type { Member } from './member.js';
import type { NamedDocuments } from './named-documents.js';
import { DOCUMENTS, IN_MEMORY } from './operations.js';
import type { Operations } from './operations.js';
import { PLOTS } from './plots.js';
import type { Promises } from './promises.js';
import { FAULTS } from './weather.js';
import type { FaultName, Weather } from './weather.js';

/** How often what is no fault happens, relative to the faults of the weather. */
const EVERYDAY = { edit: 60, flush: 10, 'build-on': 6, overwrite: 8, join: 3, open: 1.5, close: 0, mend: 6, named: 0 } as const;
/** Where there is more than one document. */
const EVERYDAY_OF_MANY = { open: 9, close: 7, named: 14 } as const;
/** More make a run slow, and nothing else. */
const MEMBERS_MAX = 8;
type Happening = keyof typeof EVERYDAY | FaultName;

export interface Cast {
  readonly room: MachineRoom;
  readonly chance: Random;
  readonly weather: Weather;
  readonly operations: Operations;
  readonly promises: Promises;
  readonly named: NamedDocuments;
}

/** An entry that one member made and that another, who has seen it, may build upon: once. */
interface Foundation {
  readonly key: string;
  readonly author: Member;
  readonly isMap: boolean;
}

export class Story {
  readonly #cast: Cast;
  readonly #happenings: readonly (readonly [Happening, number])[];
  /** What is cut, stopped or slow, and what mends it. */
  readonly #troubles: (() => void)[] = [];
  readonly #foundations: Foundation[] = [];
  readonly #kept: KeptKeys;
  #count = 0;

  constructor(cast: Cast) {
    this.#cast = cast;
    this.#kept = new KeptKeys(cast.chance);
    const { faults, hasMoreDocuments } = cast.weather;
    const everyday = { ...EVERYDAY, ...(hasMoreDocuments ? EVERYDAY_OF_MANY : {}) };
    this.#happenings = [...Object.entries(everyday), ...FAULTS.map((name) => [name, faults[name]] as const)] as [Happening, number][];
  }

  /** Lets one thing happen; some take a while. */
  async goOn(): Promise<void> {
    const total = this.#happenings.reduce((sum, [, weight]) => sum + weight, 0);
    let lot = this.#cast.chance.fraction() * total;
    const [happening] = this.#happenings.find(([, weight]) => (lot -= weight) < 0) ?? ['edit' as const];
    const member = this.pick();
    if (member === undefined) {
      // All that live are stopped: somebody comes, or goes on.
      if (this.#troubles.length > 0) this.#mendOne();
      else this.join();
      return;
    }
    await this.#happen(happening, member);
  }

  async #happen(happening: Happening, member: Member): Promise<void> {
    const { room, chance } = this.#cast;
    if (happening === 'plot') {
      const plot = this.#of(PLOTS);
      room.tell(`plot: ${plot.name}`);
      room.count(`plot: ${plot.name}`);
      await plot(this, this.#cast);
    } else if (isFault(happening)) {
      room.count(`fault: ${happening}`);
      this.#befall(happening, member, chance.fraction());
    } else {
      this.#do(happening, member);
    }
  }

  #do(happening: keyof typeof EVERYDAY, member: Member): void {
    const { room, weather } = this.#cast;
    switch (happening) {
      case 'edit':
        return this.edit(member);
      case 'flush':
        this.flush(member);
        return;
      case 'build-on':
        return this.buildOn(member);
      case 'overwrite':
        return this.#cast.chance.fraction() < 0.3 ? this.flushOwn(member) : this.overwrite(member);
      case 'join':
        return this.join();
      case 'open':
        if (weather.hasMoreDocuments) room.openDocument(member, this.#of([...DOCUMENTS, IN_MEMORY]));
        return;
      case 'close':
        return this.close(member);
      case 'mend':
        return this.#mendOne();
      case 'named':
        return this.#cast.named.goOn(member);
    }
  }

  #befall(fault: Exclude<FaultName, 'plot'>, member: Member, lot: number): void {
    const { room, promises } = this.#cast;
    switch (fault) {
      case 'cut':
        return this.cut(member, this.pick());
      case 'cut-one-way':
        return this.cutOneWay(member, this.pick());
      case 'break-connection':
        return this.breakConnection(member, this.pick());
      case 'split':
        return this.#split();
      case 'stop':
        room.tell(`${member.name} is stopped`);
        this.#troubles.push(room.stop(member));
        return;
      case 'slow':
        room.tell(`${member.name} becomes slow`);
        this.#troubles.push(room.network.slow(member.peer.id, 2 + lot * 60));
        return;
      case 'jump':
        return this.#jump(member);
      case 'break-lock':
        room.tell('the lock file is taken away');
        return room.breakLock();
      case 'kill':
        return this.kill(member);
      case 'exit':
        if (room.members.size > 1) promises.exit(member);
        return;
      case 'leave':
        if (room.members.size > 2) void promises.leave(member);
        return;
      case 'cold-start':
        return this.#coldStart();
    }
  }

  /** One that runs; undefined where all are stopped. */
  pick(except: readonly (Member | undefined)[] = []): Member | undefined {
    const running = [...this.#cast.room.members].filter((member) => !member.clock.isStopped && !except.includes(member));
    return running.length === 0 ? undefined : this.#of(running);
  }

  edit(member: Member): void {
    const { room, operations } = this.#cast;
    const document = this.#of(member.documents);
    room.count('operations');
    try {
      operations.perform(member, document);
    } catch (error) {
      if (!isPlanned(error)) throw error;
    }
  }

  close(member: Member): void {
    const further = member.documents.slice(1);
    if (further.length > 0) this.#cast.room.closeDocument(member, this.#of(further));
  }

  /** A key of its own, so that nothing may overwrite what was acknowledged. */
  flush(member: Member): string {
    const value = ++this.#count;
    const key = `a${value}`;
    this.#write(() => void member.doc('main').getMap('acknowledged').set(key, value));
    this.#cast.promises.flush(member, { map: 'acknowledged', key, value });
    return key;
  }

  /** Overwrites, deletes or extends what another member made, and flushes: what is acknowledged then builds on the other's frame. */
  buildOn(member: Member): void {
    const map = member.doc('main').getMap('causal');
    const found = this.#foundations.findIndex(({ key, author }) => author !== member && map.has(key));
    if (found < 0) return this.layFoundation(member);
    const [{ key, isMap }] = this.#foundations.splice(found, 1) as [Foundation];
    const value = ++this.#count;
    const lot = this.#cast.chance.fraction();
    if (isMap) {
      this.#write(() => void (map.get(key) as typeof map).set('more', value));
      return this.#cast.promises.flush(member, { map: 'causal', key, value: { made: 1, more: value } });
    }
    this.#write(() => (lot < 0.3 ? map.delete(key) : void map.set(key, value)));
    this.#cast.promises.flush(member, { map: 'causal', key, value: lot < 0.3 ? undefined : value });
  }

  /** Keys that nobody ever deletes (kept-keys.ts). */
  overwrite(member: Member): void {
    this.#write(() => this.#kept.overwrite(member));
  }

  overwriteOwn(member: Member): void {
    this.#write(() => this.#kept.setOwn(member));
  }

  flushOwn(member: Member): void {
    this.#cast.promises.flush(member, ...this.#kept.promise(member, (change) => this.#write(change)));
  }

  layFoundation(member: Member): void {
    const { operations, chance } = this.#cast;
    const key = `c${++this.#count}`;
    const isMap = chance.fraction() < 0.4;
    this.#write(
      () =>
        void member
          .doc('main')
          .getMap('causal')
          .set(key, isMap ? operations.newMap() : 1),
    );
    this.#foundations.push({ key, author: member, isMap });
  }

  join(mayWrite?: boolean): void {
    const { chance, weather, room } = this.#cast;
    if (room.members.size >= MEMBERS_MAX) return;
    const lot = chance.fraction();
    const canWrite = mayWrite ?? (room.members.size === 0 || lot >= weather.abstainRate);
    const hasSecondInstance = chance.fraction() < 0.3;
    room.join({ canWrite, loadMs: chance.fraction() * weather.disk.loadMs, hasSecondInstance }).catch((error: unknown) => {
      room.violated(`a newcomer failed: ${String(error)}`);
    });
  }

  kill(member: Member): void {
    if (this.#cast.room.members.size > 1) this.#cast.room.kill(member);
  }

  cut(a: Member, b: Member | undefined): void {
    if (b === undefined || a === b) return;
    const { room } = this.#cast;
    room.tell(`${a.name} and ${b.name} are cut off from each other`);
    this.#troubles.push(room.network.partition(a.peer.id, b.peer.id));
  }

  cutOneWay(from: Member, to: Member | undefined): void {
    if (to === undefined || from === to) return;
    const { room } = this.#cast;
    room.tell(`what ${from.name} sends does not reach ${to.name}`);
    this.#troubles.push(room.network.cut(from.peer.id, to.peer.id));
  }

  /** Both hear of it, and meet anew; neither is stopped. */
  breakConnection(a: Member, b: Member | undefined): void {
    if (b === undefined || a === b) return;
    const { room } = this.#cast;
    room.tell(`the connection of ${a.name} and ${b.name} breaks`);
    room.network.breakConnection(a.peer.id, b.peer.id);
  }

  /** Everything heals and goes on. */
  mend(): void {
    for (const mend of this.#troubles.splice(0)) mend();
  }

  #mendOne(): void {
    if (this.#troubles.length === 0) return;
    this.#cast.room.tell('something is mended');
    this.#troubles.splice(Math.floor(this.#cast.chance.fraction() * this.#troubles.length), 1)[0]?.();
  }

  #split(): void {
    const members = [...this.#cast.room.members];
    const left = members.filter(() => this.#cast.chance.fraction() < 0.5);
    const right = members.filter((member) => !left.includes(member));
    const heals = left.flatMap((a) => right.map((b) => this.#cast.room.network.partition(a.peer.id, b.peer.id)));
    this.#cast.room.tell(`the group is split: ${left.map(({ name }) => name).join(' ')} from ${right.map(({ name }) => name).join(' ')}`);
    this.#troubles.push(() => heals.forEach((heal) => heal()));
  }

  #jump({ clock, name }: Member): void {
    const { chance, room } = this.#cast;
    const [lot, how] = [chance.fraction(), chance.fraction()];
    if (lot < 0.6) clock.jump(how * 12_000);
    else clock.setWallTime((how - 0.5) * 10_000_000);
    room.tell(`the clock of ${name} jumps`);
  }

  /** Everyone is killed in one moment; several come back at once, some slow to load, and write before they know what is stored. */
  #coldStart(): void {
    const { room, chance } = this.#cast;
    for (const member of [...room.members]) room.kill(member);
    const count = 2 + Math.floor(chance.fraction() * 3);
    // The first may write, so that the others have somebody to wait for.
    for (let index = 0; index < count; index++) this.join(index === 0 || chance.fraction() < 0.6);
  }

  /** What listeners of the application throw is their own affair, and does not undo the change. */
  #write(change: () => void): void {
    try {
      change();
    } catch (error) {
      if (!isPlanned(error)) throw error;
    }
  }

  #of<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#cast.chance.fraction() * items.length)] as Item;
  }
}

function isFault(happening: Happening): happening is FaultName {
  return FAULTS.includes(happening as FaultName);
}
