/** A group whose peers hand maintenance to the test instead of carrying it out. */

import type { MaintenanceOutcome, MaintenanceTask } from '../../sync/maintenance.js';
import type { MemoryNetwork } from '../../sync/memory-network.js';
import { Room } from './room.js';
import type { Member } from './room.js';

export interface Asked {
  outcome: MaintenanceOutcome | undefined;
  error: unknown;
}

interface Begun {
  readonly by: Member;
  readonly task: MaintenanceTask;
  readonly finish: (outcome: MaintenanceOutcome) => void;
  readonly breakDown: (error: unknown) => void;
}

export class Errands {
  readonly #room: Room;
  readonly #begun: Begun[] = [];
  readonly #holder = {};

  private constructor(room: Room, members: readonly Member[]) {
    this.#room = room;
    for (const member of members) {
      member.peer.candidacy.maintain = (task) =>
        new Promise((finish, breakDown) => void this.#begun.push({ by: member, task, finish, breakDown }));
    }
  }

  static async begin(count: number, { canWrite = true } = {}): Promise<Errands> {
    const room = new Room(1);
    const members: Member[] = [];
    for (let index = 0; index < count; index++) members.push(await room.join({ canWrite }));
    if (canWrite) await room.rest();
    else await room.clock.advance(2000);
    return new Errands(room, members);
  }

  get network(): MemoryNetwork {
    return this.#room.network;
  }

  get writer(): Member {
    const found = [...this.#room.members].find(({ peer }) => peer.role === 'writer');
    if (found === undefined) throw new Error('nobody writes');
    return found;
  }

  /** At least one. */
  get followers(): readonly [Member, ...Member[]] {
    const [first, ...rest] = [...this.#room.members].filter(({ peer }) => peer.role === 'follower');
    if (first === undefined) throw new Error('nobody follows');
    return [first, ...rest];
  }

  get begun(): readonly Pick<Begun, 'by' | 'task'>[] {
    return this.#begun.map(({ by, task }) => ({ by, task }));
  }

  ask({ peer }: Member, task: MaintenanceTask, signal?: AbortSignal): Asked {
    const asked: Asked = { outcome: undefined, error: undefined };
    peer.synchronizer.maintain(task, signal).then(
      (outcome) => (asked.outcome = outcome),
      (error: unknown) => (asked.error = error),
    );
    return asked;
  }

  finish(index: number, outcome: MaintenanceOutcome): void {
    this.#begun[index]?.finish(outcome);
  }

  breakDown(index: number, error: unknown): void {
    this.#begun[index]?.breakDown(error);
  }

  advance(ms: number): Promise<void> {
    return this.#room.clock.advance(ms);
  }

  killWriter({ keepLock = false } = {}): void {
    const { writer } = this;
    this.#room.kill(writer);
    if (keepLock) this.#room.disk.tryLock(this.#holder);
    for (const { peer } of this.#room.members) peer.synchronizer.listener.disconnected(writer.peer.id);
  }

  freeLock(): void {
    this.#room.disk.unlock(this.#holder);
  }

  silenceWriter(): void {
    const { writer } = this;
    this.#room.network.stop(writer.peer.id);
    for (const { peer } of this.followers) this.#room.network.cut(writer.peer.id, peer.id);
  }

  /** Whoever writes fails with the next batch, which is asked for now. */
  breakDisk(): void {
    this.#room.diskErrorRate = 1;
    this.writer.instance.doc.getMap('presets').set('pad', 1);
  }
}
