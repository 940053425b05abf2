/** The ids of peers and instances as people read and type them: `1a2b3c4d….2` is the second instance of a peer. */

import type { Instance, InstanceId, PeerId } from '../../index.js';
import { usage } from '../command-options.js';
import { CliError } from '../exit.js';

const PEER_DIGITS = 16;
const SHOWN_DIGITS = 8;

export function shortId(id: string): string {
  return `${id.slice(0, SHOWN_DIGITS)}…${id.slice(PEER_DIGITS)}`;
}

/** Whether an id is meant. */
export type IdPattern = (id: string) => boolean;

const PATTERN = /^(?<peer>[0-9a-f]{4,16})…?(?<instance>\.\d+)?$/;

/** A whole id, its beginning, or what `shortId` shows. A peer stands for all its instances. Errors: usage. */
export function parseId(option: string, text: string): IdPattern {
  const { peer, instance } = PATTERN.exec(text)?.groups ?? {};
  if (peer === undefined)
    throw usage(
      `${option} takes the id of a peer or instance; got ${JSON.stringify(text)}`,
      'as "socomm peers <group>" shows it: 1a2b3c4d….1',
    );
  return (id) => id.startsWith(peer) && (instance === undefined || id.slice(PEER_DIGITS) === instance);
}

/** Who is meant, of those that are there: an instance where the text names one, else a peer. Errors: usage, notFound. */
export function findAddressee(instance: Instance, text: string): PeerId | InstanceId {
  const isMeant = parseId('--to', text);
  const others = instance.peers.filter(({ isSelf }) => !isSelf);
  const ids = text.includes('.') ? others.flatMap(({ instances }) => instances) : others.map(({ id }) => id);
  const [found, second] = ids.filter((id) => isMeant(id));
  if (found === undefined)
    throw new CliError('notFound', `nobody in ${instance.group} is ${text}`, {
      hint: `"socomm peers ${instance.group}" shows who is there`,
    });
  if (second !== undefined) throw usage(`${text} is the beginning of more than one id`, `give more of it: ${found} or ${second}`);
  return found;
}
