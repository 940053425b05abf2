/** What a replica noticed, in words for people: what happened, and what to do. */

import { describe, unreachable } from './base/errors.js';
import type { GuardCause } from './replica/guard.js';
import type { ReplicaListener } from './replica/replica-listener.js';
import type { Warnings } from './warnings.js';

/** The part of a replica's listener that only tells. */
export function replicaWarnings(name: string, warnings: Warnings): Omit<ReplicaListener, 'changed' | 'received'> {
  return {
    observerThrew: (error) => warnings.raise('observer-threw', `an observer of ${name} threw: ${describe(error)}`),
    repaired: (cause) => warnings.raise(cause === 'muted' ? 'document-muted' : 'document-cut-off', repairedMessage(name, cause)),
    valuesRemoved: (count) =>
      warnings.raise(
        'value-removed',
        `${count} values in ${name} were taken out, for no other peer could ever have them: they contain themselves (the call that wrote one ` +
          'has thrown) or lie more than a thousand deep. Store them flatter',
      ),
    changeTooDeep: (detail) =>
      warnings.raise(
        'change-too-deep',
        `a change of ${name} lies deeper than other peers take in a frame (${detail}): they get it later, by catch-up, as long as it is not ` +
          'several times deeper. Store it flatter',
      ),
    clientIdRenewed: (id) => warnings.raise('client-id-clash', clashMessage(name, id, 'changes came in that were made under it')),
    clientIdChanged: (id, isUsable) => warnings.raise('client-id-changed', changedMessage(name, id, isUsable)),
  };
}

export function clashMessage(name: string, id: number, how: string): string {
  return (
    `somebody else writes to ${name} under our client id ${id}: ${how}. We have taken a new one. Does the application set doc.clientID, or ` +
    'write what it read from a copy of the document? What both wrote under one id may differ for ever: write it again'
  );
}

function repairedMessage(name: string, cause: GuardCause): string {
  const after = 'What was missed has been published';
  switch (cause) {
    case 'muted':
      return `a listener on the Y.Doc of ${name} threw, after which Yjs tells nobody of any change. It was set going again. ${after}. Mend the listener`;
    case 'removed':
      return `the listeners of socomm were taken off the Y.Doc of ${name}. They are back. ${after}. Take off your own listeners only`;
    case 'destroyed':
      return `destroy() was called on the Y.Doc of ${name}, which belongs to all who have it open. It works again, but for your listeners. ${after}. Close the instance instead`;
    case 'silent':
      return `${name} changed and Yjs did not tell. ${after}`;
    default:
      return unreachable(cause);
  }
}

function changedMessage(name: string, id: number, isUsable: boolean): string {
  if (!isUsable)
    return `the application set ${String(id)} as client id of ${name}, which is none; a new one was taken. Leave doc.clientID alone`;
  return (
    `the application set the client id of ${name} to ${id}: it must be unique among all replicas that ever wrote, or they diverge for ever. ` +
    'Leave doc.clientID alone'
  );
}
