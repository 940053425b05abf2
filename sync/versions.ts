/**
 * Versions: whom we can speak with, and which version we speak. What is published goes to all linked peers in one version;
 * so a newcomer is let in only where one version remains that all of them speak. Who is refused hears it, and is told.
 */

import type { PeerId } from '../src/base/ids.js';
import type { EngineState, Refused, Step } from './engine-state.js';
import { REFUSED_MAX } from './limits.js';
import type { ProtocolRange } from './wire/frame.js';

/** The highest version that we and all linked peers speak. */
export function spokenVersion({ protocol, links }: EngineState): number {
  let highest = protocol.protocolMax;
  for (const link of links.values()) highest = Math.min(highest, link.protocol.protocolMax);
  return highest;
}

/** Whether a version would remain that everybody speaks, with one more. */
export function speaksWithUs(state: EngineState, newcomer: ProtocolRange): boolean {
  let lowest = Math.max(state.protocol.protocolMin, newcomer.protocolMin);
  for (const link of state.links.values()) lowest = Math.max(lowest, link.protocol.protocolMin);
  return lowest <= Math.min(spokenVersion(state), newcomer.protocolMax);
}

/** Records that a peer and we do not speak with each other, and tells it once. `theirs` is unknown where they refused us unseen. */
export function noteRefused(step: Step, peer: PeerId, { protocol: theirs, canWrite }: Refused): void {
  const { state, effects } = step;
  const isKnown = state.refused.has(peer);
  const [earliest] = state.refused.keys();
  if (!isKnown && earliest !== undefined && state.refused.size >= REFUSED_MAX) state.refused.delete(earliest);
  state.refused.set(peer, { protocol: theirs ?? state.refused.get(peer)?.protocol, canWrite });
  if (isKnown) return;
  const range = theirs === undefined ? 'another protocol' : `protocol ${describeRange(theirs)}`;
  const message = `peer ${peer} speaks ${range}, this copy ${describeRange(state.protocol)}: not linked; update the older of the two`;
  effects.push({ kind: 'warn', code: 'version-refused', message }, { kind: 'peer-refused', peer });
}

export function describeRange({ protocolMin, protocolMax }: ProtocolRange): string {
  return protocolMin === protocolMax ? String(protocolMin) : `${protocolMin} to ${protocolMax}`;
}
