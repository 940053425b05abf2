/**
 * The subscription keys of the lane of messages. ZeroMQ filters by prefix, so a key ends with a mark that no name holds,
 * and what a key is for stands before the name: then `meters/` as a subscription has all below it, and `clock` only itself.
 *
 *   t/*\/<topic>|             a topic, to everyone who subscribed
 *   t/<peer>/<topic>|         the same, to one peer
 *   t/<instance>/<topic>|     the same, to one instance
 *   t/=/<name>|               ephemeral values
 *   t/?/<asker>/<asked>/<number>/<key>   a question of a subscriber: the asked one (`*`: everyone) answers on this very key
 */

import { isPeerId } from '../src/base/ids.js';
import type { InstanceId, PeerId } from '../src/base/ids.js';

/** Names of topics, ephemeral values, requests and streams: parts of letters, digits, `.`, `_`, `~` and `-`, parted by `/`. */
const NAME = /^[A-Za-z0-9._~-]+(\/[A-Za-z0-9._~-]+)*$/;
export const NAME_BYTES_MAX = 128;
/** Names that the package gives itself begin with this, which no user's name can. */
export const RESERVED = '$';

const END = '|';
const VALUES = 't/=/';
const QUESTION = 't/?/';

export const EVERYONE = '*';
export type Addressee = typeof EVERYONE | PeerId | InstanceId;

export function isName(name: string): boolean {
  return name.length <= NAME_BYTES_MAX && NAME.test(name);
}

/** A topic's name, or the beginning of some with its closing `/`. */
export function isPattern(pattern: string): boolean {
  return isName(pattern.endsWith('/') ? pattern.slice(0, -1) : pattern) && pattern.length <= NAME_BYTES_MAX;
}

export function topicKey(to: Addressee, topic: string): string {
  return `t/${to}/${topic}${END}`;
}

/** What to subscribe to for a topic, or for all whose names begin with a pattern that ends in `/`. */
export function topicSubscription(to: Addressee, pattern: string): string {
  return pattern.endsWith('/') ? `t/${to}/${pattern}` : topicKey(to, pattern);
}

export function valuesKey(name: string): string {
  return `${VALUES}${name}${END}`;
}

export function questionKey(asker: PeerId, asked: PeerId | typeof EVERYONE, number: number, about: string): string {
  return `${QUESTION}${asker}/${asked}/${number}/${about}`;
}

export type TalkKey =
  | { readonly kind: 'topic'; readonly to: string; readonly topic: string }
  | { readonly kind: 'values'; readonly name: string }
  | { readonly kind: 'question'; readonly asker: PeerId; readonly asked: string; readonly number: number; readonly about: string };

/** What a key that came from outside means; undefined where it means nothing. */
export function readKey(key: string): TalkKey | undefined {
  if (key.startsWith(QUESTION)) return readQuestion(key);
  if (!key.startsWith('t/') || !key.endsWith(END)) return undefined;
  if (key.startsWith(VALUES)) return { kind: 'values', name: key.slice(VALUES.length, -END.length) };
  const slash = key.indexOf('/', 2);
  if (slash < 0) return undefined;
  return { kind: 'topic', to: key.slice(2, slash), topic: key.slice(slash + 1, -END.length) };
}

function readQuestion(key: string): TalkKey | undefined {
  const [asker, asked, number] = key.slice(QUESTION.length).split('/', 3);
  if (!isPeerId(asker) || asked === undefined || number === undefined || !/^\d{1,15}$/.test(number)) return undefined;
  const about = key.slice(QUESTION.length + asker.length + asked.length + number.length + 3);
  return { kind: 'question', asker, asked, number: Number(number), about };
}

/** Which keys a subscriber to topics asks about: of those it may subscribe to, the ones that its pattern names. Undefined: it asks about something else. */
export function topicScope({ asker, about }: Extract<TalkKey, { kind: 'question' }>): ((key: string) => boolean) | undefined {
  const begin = `t/${EVERYONE}/`;
  if (!about.startsWith(begin)) return undefined;
  const pattern = about.slice(begin.length);
  return (key) => {
    const slash = key.indexOf('/', 2);
    const to = key.slice(2, slash);
    return key.startsWith(pattern, slash + 1) && (to === EVERYONE || to === asker || to.startsWith(`${asker}.`));
  };
}

/** A key of values, or of a question about them: none of a topic. */
export function isAboutValues(key: string): boolean {
  if (key.startsWith(VALUES)) return true;
  const read = key.startsWith(QUESTION) ? readKey(key) : undefined;
  return read?.kind === 'question' && read.about.startsWith(VALUES);
}
