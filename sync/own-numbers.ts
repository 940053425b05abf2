/**
 * Our own numbers in documents that we have closed: they are never given twice, for whoever has seen one takes it for what it was.
 * A document that is opened again goes on where it was; what was forgotten goes on above everything that was ever forgotten.
 */

import { CLOSED_DOCUMENTS_MAX } from './limits.js';

export interface OwnNumbers {
  /** The last number by document, the longest closed first. */
  readonly closed: Map<string, number>;
  /** The highest of those that are not in it any more. */
  floor: number;
}

export function createOwnNumbers(): OwnNumbers {
  return { closed: new Map(), floor: 0 };
}

/** The last number that may have been given in a document that is being opened. */
export function recallNumber({ closed, floor }: OwnNumbers, document: string): number {
  const last = closed.get(document) ?? floor;
  closed.delete(document);
  return last;
}

export function keepNumber(numbers: OwnNumbers, document: string, last: number): void {
  const { closed } = numbers;
  if (last === 0) return;
  closed.set(document, last);
  const [oldest] = closed;
  if (closed.size <= CLOSED_DOCUMENTS_MAX || oldest === undefined) return;
  closed.delete(oldest[0]);
  numbers.floor = Math.max(numbers.floor, oldest[1]);
}
