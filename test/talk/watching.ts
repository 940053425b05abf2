/** What one subscription to values in the talking world knows, kept up by what it is told. */

import { peerOf } from '../../src/base/ids.js';
import type { ValueEntry, ValuesSubscription } from '../../talk/values.js';
import type { Member } from './member.js';

export function textOf({ instance, key, codec, bytes }: ValueEntry): string {
  return `${instance} ${key} ${codec} ${Buffer.from(bytes ?? []).toString('latin1')}`;
}

export class Watching {
  readonly member: Member;
  readonly name: string;
  readonly view = new Map<string, string>();
  readonly subscription: ValuesSubscription;
  readonly problems: string[] = [];
  isReady = false;
  isEnded = false;

  constructor(member: Member, name: string) {
    this.member = member;
    this.name = name;
    for (const entry of member.talker.values.entries(name)) this.#take(entry);
    this.subscription = member.talker.values.subscribe(name, (changes) => changes.forEach((entry) => this.#take(entry)));
    void this.subscription.ready.then(() => (this.isReady = true));
  }

  end(): void {
    this.isEnded = true;
    this.subscription.end();
  }

  /** Both what it was told and what can be asked for are what the instances have set. */
  settle(standing: readonly string[]): string[] {
    const wanted = standing.toSorted().join('\n');
    const told = [...this.view.values()].toSorted().join('\n');
    const known = this.member.talker.values.entries(this.name).map(textOf).toSorted().join('\n');
    const problems: string[] = [];
    if (known !== wanted) problems.push(`${this.member.id} knows of ${this.name}:\n${short(known)}\nand should:\n${short(wanted)}`);
    if (told !== wanted) problems.push(`${this.member.id} was told of ${this.name}:\n${short(told)}\nand should:\n${short(wanted)}`);
    return problems;
  }

  #take(entry: ValueEntry): void {
    const { instance, bytes } = entry;
    const isOurs = peerOf(instance) === this.member.id;
    const isHere = isOurs || (this.member.linked.has(peerOf(instance)) && !this.member.departed.has(instance));
    if (bytes !== undefined && !isHere) this.problems.push(`${this.member.id} was told a value of ${instance}, which has left`);
    const id = `${entry.instance} ${entry.key}`;
    if (entry.bytes === undefined) this.view.delete(id);
    else this.view.set(id, textOf(entry));
  }
}

function short(text: string): string {
  return text
    .split('\n')
    .map((line) => line.slice(0, 60))
    .join('\n');
}
