/**
 * A peer's entry in the roster as JSON. Anybody who may write to the store could have written the file, so reading is
 * total, and only addresses that look like our sockets are let through: nobody is made to connect elsewhere.
 */

import { isPeerId, type PeerId } from '../../src/base/ids.js';
import type { RosterEntry } from '../discovery.js';
import { isSocketEndpoint, mailboxOf } from '../socket-file.js';

export const ENTRY_BYTES_MAX = 16 * 1024;
const PACKAGE_VERSION_LENGTH_MAX = 64;
const FIELDS_MAX = 32;

export function formatEntry(entry: RosterEntry): string {
  const { id, publisher, messenger, responder, pid, packageVersion, protocolMin, protocolMax, canWrite } = entry;
  const fields = { id, publisher, messenger, responder, pid, packageVersion, protocolMin, protocolMax, canWrite };
  return `${JSON.stringify(fields, undefined, 2)}\n`;
}

/** Undefined where the text is no entry of that peer. Unknown fields are left out. */
export function parseEntry(text: string, peer: PeerId): RosterEntry | undefined {
  const found = parseObject(text);
  if (found === undefined) return undefined;
  const { id, publisher, messenger, responder, pid, packageVersion, protocolMin, protocolMax, canWrite } = found;
  if (!isPeerId(id) || id !== peer) return undefined;
  if (!isSocketEndpoint(publisher) || !isSocketEndpoint(messenger) || !isSocketEndpoint(responder)) return undefined;
  if (!isCount(pid) || !isCount(protocolMin) || !isCount(protocolMax) || protocolMin > protocolMax) return undefined;
  if (typeof packageVersion !== 'string' || packageVersion.length > PACKAGE_VERSION_LENGTH_MAX || typeof canWrite !== 'boolean')
    return undefined;
  return { id, publisher, messenger, responder, pid, packageVersion, protocolMin, protocolMax, canWrite };
}

/** Every address of a socket that the text names, or whose name follows from one, also where the rest is of a version that we do not know. */
export function endpointsIn(text: string): readonly string[] {
  const named = Object.values(parseObject(text) ?? {})
    .slice(0, FIELDS_MAX)
    .filter(isSocketEndpoint);
  return [...named, ...named.filter((endpoint) => endpoint.endsWith('.t')).map(mailboxOf)];
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (text.length > ENTRY_BYTES_MAX) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined; // no JSON: no entry
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
