/** What was said to the other thread and is not read yet, of one kind: whoever says more looks here first, and drops or waits. */

export interface AccountLimits {
  readonly framesMax: number;
  readonly bytesMax: number;
}

export class Account {
  readonly #limits: AccountLimits;
  #frames = 0;
  #bytes = 0;
  #untilRoom: Promise<void> | undefined;
  #makeRoom: (() => void) | undefined;

  constructor(limits: AccountLimits) {
    this.#limits = limits;
  }

  /** A single frame is always taken, whatever its size. */
  get isFull(): boolean {
    return this.#frames >= this.#limits.framesMax || this.#bytes >= this.#limits.bytesMax;
  }

  add(bytes: number): void {
    this.#frames++;
    this.#bytes += bytes;
  }

  remove(bytes: number): void {
    this.#frames--;
    this.#bytes -= bytes;
    if (this.isFull) return;
    this.#makeRoom?.();
    this.#untilRoom = this.#makeRoom = undefined;
  }

  /** Resolves when it is full no longer, or the other end is gone. */
  untilRoom(): Promise<void> {
    this.#untilRoom ??= new Promise((resolve) => (this.#makeRoom = resolve));
    return this.#untilRoom;
  }
}
