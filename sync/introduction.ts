/** What we say of ourselves to one other: in a hello, and in the welcome that answers one. */

import { ownTails } from './engine-state.js';
import type { Link, Step } from './engine-state.js';

export function sayHello(step: Step, link: Link): void {
  link.isGreeted = true;
  step.effects.push({ kind: 'request', peer: link.id, frame: { kind: 'hello', address: step.state.address, ...introduction(step) } });
}

export function introduction({ state }: Step) {
  return { ...state.protocol, status: state.status, tails: ownTails(state) };
}
