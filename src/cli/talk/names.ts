/** What the arguments of the commands that talk are turned into. */

import { Argument } from 'commander';

import { defineEphemeral, defineTopic } from '../../index.js';
import { usage } from '../command-options.js';

/** Names to subscribe to, without those that another has already: their messages would come twice. Errors: usage. */
export function parseTopics(names: readonly string[]): readonly string[] {
  for (const name of names) checked(() => defineTopic(name));
  const unique = [...new Set(names)];
  return unique.filter((name) => !unique.some((other) => other !== name && other.endsWith('/') && name.startsWith(other)));
}

/** For names of topics to publish on, of requests, of ephemeral values. */
export function nameArgument(argument: string, description: string): Argument {
  return new Argument(argument, description).argParser((name: string) => {
    checked(() => defineEphemeral(name));
    return name;
  });
}

export function parseCount(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw usage(`--count takes a whole number from 1; got ${JSON.stringify(text)}`, 'leave it out to go on until Ctrl-C');
}

/** A TypeError is what programs get; of a name that was typed it is a usage error. */
function checked(define: () => unknown): void {
  try {
    define();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw usage(error.message, 'a name that ends in / has all below it: only to subscribe to');
  }
}
