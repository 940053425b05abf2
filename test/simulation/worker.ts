/** A child process of `npm run simulate`: runs one seed after the other, as it is told, and answers with what came of it. */

import type { Figures } from './report.js';
import { simulate } from './simulate.js';

export interface Order {
  readonly seed: number;
  readonly steps?: number | undefined;
  readonly peers?: number | undefined;
}

export interface Result {
  readonly seed: number;
  readonly wallMs: number;
  readonly figures?: Figures;
  /** What went wrong. */
  readonly failure?: string;
}

async function run({ seed, steps, peers }: Order): Promise<Result> {
  const startedAt = performance.now();
  const wallMs = (): number => performance.now() - startedAt;
  try {
    const figures = await simulate(seed, { steps, peers });
    return { seed, wallMs: wallMs(), figures };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { seed, wallMs: wallMs(), failure };
  }
}

process.on('message', (order: Order) => {
  const answer = (result: Result): void => void process.send?.(result);
  // What nobody caught is a failure of the seed that runs.
  const fail = (error: unknown): void => {
    answer({
      seed: order.seed,
      wallMs: 0,
      failure: `nobody caught: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    });
    process.exitCode = 1;
    process.disconnect();
  };
  process.once('uncaughtException', fail);
  void run(order).then((result) => {
    process.off('uncaughtException', fail);
    answer(result);
  });
});
