/**
 * What a memory transport has posted to one peer on one connection and the peer has not taken yet: it lets the poster
 * wait once that is much. In ZeroMQ the queues of the two sockets do this. It never holds a post itself.
 */

const ROOM = Promise.resolve();

export class PostWindow {
  #underway = 0;
  #room: Promise<void> | undefined;
  #makeRoom: (() => void) | undefined;

  /** One more is under way. Resolves when the next may follow. */
  begin(underwayMax: number): Promise<void> {
    this.#underway++;
    if (this.#underway < underwayMax) return ROOM;
    this.#room ??= new Promise((resolve) => (this.#makeRoom = resolve));
    return this.#room;
  }

  /** The peer has taken one. */
  taken(underwayMax: number): void {
    this.#underway--;
    if (this.#underway < underwayMax) this.end();
  }

  /** Nobody waits any longer: the connection has ended. */
  end(): void {
    this.#makeRoom?.();
    this.#room = this.#makeRoom = undefined;
  }
}
