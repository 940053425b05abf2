/**
 * The order in which Yjs integrates the structs of an update into an empty document: the highest client first, and before a struct what it builds
 * on, as far as that is another client's. It decides the order of keys in maps. The walk is that of Yjs' own `integrateStructs`.
 */

import * as Y from 'yjs';

export type Struct = Y.Item | Y.GC;

interface Queue {
  readonly structs: readonly Struct[];
  at: number;
  /** The clock at which those end that are in order. */
  end: number;
}

type Queues = ReadonlyMap<number, Queue>;

export interface OrderOptions {
  /** Some build on what is another client's. */
  readonly crosses: boolean;
  /** What is there already, of each client. */
  readonly ends: ReadonlyMap<number, number>;
}

/** `byClient`: without gaps, from where each ends. Undefined where something is missing, or they build on each other in a circle. */
export function yjsOrder(byClient: ReadonlyMap<number, readonly Struct[]>, { crosses, ends }: OrderOptions): readonly Struct[] | undefined {
  const clients = [...byClient.keys()].toSorted((one, other) => other - one);
  if (!crosses) return clients.length === 1 ? byClient.get(clients[0] as number) : clients.flatMap((client) => byClient.get(client) ?? []);
  const queues = new Map<number, Queue>();
  for (const [client, end] of ends) queues.set(client, { structs: [], at: 0, end });
  for (const [client, structs] of byClient) queues.set(client, { structs, at: 0, end: ends.get(client) ?? 0 });
  const order: Struct[] = [];
  for (const client of clients) if (!takeAll(queues.get(client) as Queue, queues, order)) return undefined;
  return order;
}

/** All that is left of one client, and before each what it waits for. */
function takeAll(queue: Queue, queues: Queues, order: Struct[]): boolean {
  const waiting: Struct[] = [];
  for (let struct = queue.structs[queue.at++]; struct !== undefined;) {
    const own = queues.get(struct.id.client) as Queue;
    // One of its own client waits for what is behind it.
    if (struct.id.clock !== own.end) return false;
    const missing = missingOf(struct, queues);
    if (missing === undefined) {
      order.push(struct);
      own.end += struct.length;
      struct = waiting.pop() ?? queue.structs[queue.at++];
      continue;
    }
    waiting.push(struct);
    const others = queues.get(missing);
    struct = others?.structs[others.at++];
    if (struct === undefined) return false;
  }
  return true;
}

/** The client that it waits for. */
function missingOf(struct: Struct, queues: Queues): number | undefined {
  if (!(struct instanceof Y.Item)) return undefined;
  const { id, origin, rightOrigin, parent } = struct;
  if (origin !== null && isMissing(origin, id, queues)) return origin.client;
  if (rightOrigin !== null && isMissing(rightOrigin, id, queues)) return rightOrigin.client;
  return parent instanceof Y.ID && isMissing(parent, id, queues) ? parent.client : undefined;
}

function isMissing({ client, clock }: Y.ID, { client: own }: Y.ID, queues: Queues): boolean {
  return client !== own && clock >= (queues.get(client)?.end ?? 0);
}
