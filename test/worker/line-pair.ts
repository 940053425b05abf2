/** A line and the carrier at its other end, without a knock: both in this thread, or the line's port for another one. */

import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { Carrier } from '../../src/worker/carrier.js';
import type { Furnished } from '../../src/worker/carrier.js';
import { Line } from '../../src/worker/line.js';
import { Wire } from '../../src/worker/wire.js';
import type { FromHost, FromWorker } from '../../src/worker/words.js';

const ORDER = { group: 'com.acme.synth', directory: undefined, runtimeDirectory: undefined };

export interface Carried {
  readonly port: MessagePort;
  readonly carrier: Carrier;
  /** Resolves when nothing is left of the carrier. */
  readonly ended: Promise<void>;
}

export function carry(furnished: Furnished): Carried {
  const { port1, port2 } = new MessageChannel();
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return { port: port1, carrier: new Carrier(port2, ORDER, { furnish: () => Promise.resolve(furnished), ended: end }), ended };
}

/** Resolves with a line over `port` once its host has said welcome. */
export function openLine(port: MessagePort): Promise<Line> {
  return new Promise((resolve) => {
    let line: Line | undefined;
    const wire = new Wire<FromWorker, FromHost>({
      port,
      holdsThread: true,
      heard: (word) => {
        if (line !== undefined) line.hear(word);
        else if (word.kind === 'welcome') resolve((line = new Line(word.directory, wire)));
      },
      ended: () => line?.hostGone(),
    });
  });
}
