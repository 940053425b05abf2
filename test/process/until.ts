/** The one way in which these tests wait for something that announces itself by no event: asked again and again, for a stated time. */

import { setTimeout as pause } from 'node:timers/promises';

const PAUSE_MS = 15;
const LIMIT_MS = 15_000;

/** Resolves with the first answer that is neither false nor undefined. After the limit it fails, and says what had not come about. */
export async function until<Answer>(
  what: string,
  ask: () => Answer | Promise<Answer>,
  limitMs = LIMIT_MS,
): Promise<Exclude<Answer, false | undefined>> {
  const endsAt = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer as Exclude<Answer, false | undefined>;
    if (performance.now() > endsAt) throw new Error(`not within ${limitMs} ms: ${what}`);
    await pause(PAUSE_MS);
  }
}
