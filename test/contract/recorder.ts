/** A transport's listener that writes down what it hears, and lets a test wait for it. */

import type { PeerId } from '../../src/base/ids.js';
import type { TransportDropReason, TransportListener } from '../../sync/transport.js';

export type Heard =
  | {
      readonly kind: 'published';
      readonly text: string;
      readonly frame: Uint8Array;
      readonly key: string;
      readonly body: Uint8Array | undefined;
    }
  | { readonly kind: 'requested'; readonly from: PeerId; readonly text: string; readonly frame: Uint8Array }
  | { readonly kind: 'responded'; readonly from: PeerId; readonly text: string; readonly frame: Uint8Array }
  | {
      readonly kind: 'posted';
      readonly from: PeerId;
      readonly text: string;
      readonly frame: Uint8Array;
      readonly body: Uint8Array | undefined;
    }
  | { readonly kind: 'subscribed'; readonly key: string }
  | { readonly kind: 'disconnected'; readonly peer: PeerId }
  | { readonly kind: 'dropped'; readonly reason: TransportDropReason; readonly detail: string };

export class Recorder implements TransportListener {
  readonly heard: Heard[] = [];
  /** Called for each thing heard, while the transport's call is still on the stack. */
  onHeard: (heard: Heard) => void = () => undefined;
  readonly #waiting: (() => void)[] = [];

  published(frame: Uint8Array, key: string, body: Uint8Array | undefined): void {
    this.#note({ kind: 'published', text: textOf(frame), frame, key, body });
  }

  requested(from: PeerId, frame: Uint8Array): void {
    this.#note({ kind: 'requested', from, text: textOf(frame), frame });
  }

  responded(from: PeerId, frame: Uint8Array): void {
    this.#note({ kind: 'responded', from, text: textOf(frame), frame });
  }

  posted(from: PeerId, frame: Uint8Array, body: Uint8Array | undefined): void {
    this.#note({ kind: 'posted', from, text: textOf(frame), frame, body });
  }

  subscribed(key: string): void {
    this.#note({ kind: 'subscribed', key });
  }

  disconnected(peer: PeerId): void {
    this.#note({ kind: 'disconnected', peer });
  }

  dropped(reason: TransportDropReason, detail: string): void {
    this.#note({ kind: 'dropped', reason, detail });
  }

  all<Kind extends Heard['kind']>(kind: Kind): Extract<Heard, { kind: Kind }>[] {
    return this.heard.filter((heard): heard is Extract<Heard, { kind: Kind }> => heard.kind === kind);
  }

  texts(kind: 'published' | 'requested' | 'responded' | 'posted'): string[] {
    return this.heard.flatMap((heard) => (heard.kind === kind && 'text' in heard ? [heard.text] : []));
  }

  keys(): string[] {
    return this.all('subscribed').map(({ key }) => key);
  }

  /** Resolves as soon as `condition` holds, now or after some thing heard. */
  async until(condition: (recorder: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #note(heard: Heard): void {
    this.heard.push(heard);
    this.onHeard(heard);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Long frames are told by their length. */
function textOf(frame: Uint8Array): string {
  return frame.byteLength <= 256 ? new TextDecoder().decode(frame) : `${frame.byteLength} bytes`;
}
