/**
 * Real editing sessions as scripts for one peer per agent: the Yjs updates of each transaction, made once, here, by a private
 * document per agent that has exactly what its agent had. No socomm takes part, so the text that comes out is an
 * independent answer. Each transaction also counts itself in a map: a deletion alone would leave no mark in the state vector,
 * and nobody could tell whether a replica has it.
 *
 * A script holds its own agent's updates and no other's: what others wrote can only come over the network.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { Y } from '../../src/index.js';

const TRACES = join(import.meta.dirname, '../../../shared/data/editing-traces');

export type TraceName = 'concurrent_traces/friendsforever' | 'concurrent_traces/clownschool' | 'sequential_traces/sveltecomponent';

/** Position, how many characters go, which come; positions count characters, of which these traces have plain ones only. */
type Patch = readonly [number, number, string];

interface Transaction {
  readonly parents: readonly number[];
  readonly agent: number;
  readonly patches: readonly Patch[];
}

export interface Trace {
  readonly numAgents: number;
  readonly endContent: string;
  readonly txns: readonly Transaction[];
}

export interface ScriptedTransaction {
  /** Base64. */
  readonly update: string;
  /** The clock of the agent's own client after it. */
  readonly endsAt: number;
  /** Of other agents, what must be there before: client → clock; only where it changes. */
  readonly needs: readonly (readonly [client: number, clock: number])[];
}

export interface Script {
  readonly client: number;
  readonly transactions: readonly ScriptedTransaction[];
  /** Where in the trace each stands. */
  readonly places: readonly number[];
}

export interface Scripts {
  readonly agents: readonly Script[];
  /** The text after all of it. */
  readonly text: string;
  /** For each transaction of the trace: how many of each agent's are in the text that it leaves. */
  readonly versions: readonly (readonly number[])[];
}

const fileOf = (name: TraceName): string => join(TRACES, `${name}.json.gz`);

export function missingTraces(...names: readonly TraceName[]): string[] {
  return names.map(fileOf).filter((file) => !existsSync(file));
}

export function readTrace(name: TraceName): Trace {
  const read = JSON.parse(gunzipSync(readFileSync(fileOf(name))).toString()) as Trace;
  if (read.numAgents > 0) return read;
  // A sequential one has neither agents nor parents.
  return { ...read, numAgents: 1, txns: read.txns.map(({ patches }, at) => ({ patches, agent: 0, parents: at === 0 ? [] : [at - 1] })) };
}

export function writeScripts({ numAgents, txns }: Trace): Scripts {
  const agents = Array.from({ length: numAgents }, (_, agent) => new Agent(agent));
  const versions: number[][] = [];
  const made: Uint8Array[] = [];
  for (const { parents, agent, patches } of txns) {
    const version = agents.map((_, of) => Math.max(0, ...parents.map((parent) => versions[parent]?.[of] ?? 0)));
    const author = agents[agent] as Agent;
    author.catchUp(version, agents, made);
    author.write(patches, made.length);
    made.push(author.last);
    version[agent] = author.transactions.length;
    versions.push(version);
  }
  const whole = new Y.Doc();
  whole.transact(() => made.forEach((update) => Y.applyUpdate(whole, update)));
  return {
    agents: agents.map(({ client, transactions, places }) => ({ client, transactions, places })),
    text: textOf(whole).toJSON(),
    versions,
  };
}

/** The names under which documents of a replay hold things; the players use the same. */
const textOf = (doc: Y.Doc): Y.Text => doc.getText('text');

class Agent {
  readonly client: number;
  readonly transactions: ScriptedTransaction[] = [];
  readonly places: number[] = [];
  last: Uint8Array = new Uint8Array();
  readonly #doc = new Y.Doc();
  readonly #agent: number;
  readonly #seen: number[] = [];
  #needs: ScriptedTransaction['needs'] = [];

  constructor(agent: number) {
    this.#agent = agent;
    this.client = 1000 + agent;
    this.#doc.clientID = this.client;
    this.#doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === this) this.last = update;
    });
  }

  /** Takes in of the others what the version holds, in the order of the trace: otherwise Yjs would set it apart. */
  catchUp(version: readonly number[], agents: readonly Agent[], made: readonly Uint8Array[]): void {
    const missing = agents.flatMap(({ places }, agent) =>
      agent === this.#agent ? [] : places.slice(this.#seen[agent] ?? 0, version[agent] ?? 0),
    );
    if (missing.length === 0) return;
    missing.sort((a, b) => a - b);
    this.#doc.transact(() => missing.forEach((place) => Y.applyUpdate(this.#doc, made[place] as Uint8Array)));
    this.#needs = agents.flatMap(({ client, transactions }, agent) => {
      const count = agent === this.#agent ? 0 : (version[agent] ?? 0);
      if (count === (this.#seen[agent] ?? 0)) return [];
      this.#seen[agent] = count;
      return [[client, transactions[count - 1]?.endsAt ?? 0] as const];
    });
  }

  write(patches: readonly Patch[], place: number): void {
    this.#doc.transact(() => {
      const text = textOf(this.#doc);
      for (const [at, removed, inserted] of patches) {
        if (removed > 0) text.delete(at, removed);
        if (inserted !== '') text.insert(at, inserted);
      }
      this.#doc.getMap('counts').set(String(this.#agent), this.transactions.length + 1);
    }, this);
    const endsAt = Y.getState(this.#doc.store, this.client);
    this.transactions.push({ update: Buffer.from(this.last).toString('base64'), endsAt, needs: this.#needs });
    this.places.push(place);
    this.#needs = [];
  }
}
