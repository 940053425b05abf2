/** When pulses go and are to come, beyond whose turn it is: a crowd at rest is pulsed less often (rest.ts). */

export interface PulsePace {
  /** When we pulsed to all last; -Infinity for never. */
  pulsedAllAt: number;
  /** Who has not answered that by then is asked once more; Infinity where nobody rests. */
  askAgainAt: number;
  /** When the next pulse is to come, as the last one said that was heard; -Infinity where none was since the turn changed. */
  nextAt: number;
  /** When something happened last after which nobody rests for a while, of which neither a link nor a document tells. */
  stirredAt: number;
  /** Where the slow rotation of quiet statuses stands. */
  statusRotation: number;
}

export function createPulsePace(): PulsePace {
  return { pulsedAllAt: -Infinity, askAgainAt: Infinity, nextAt: -Infinity, stirredAt: -Infinity, statusRotation: 0 };
}
