/** What a peer in a worker thread is made of: transport and roster by way of the main thread, and of the store what is plain files. */

import { SocommError, describe } from '../base/errors.js';
import { guarded, silent } from '../base/log.js';
import type { Log } from '../base/log.js';
import { enter } from '../enter.js';
import type { Instance } from '../instance.js';
import type { MappedParts } from '../mapped/open-mapping.js';
import type { JoinOptions } from '../options.js';
import type { PeerOptions } from '../peer.js';
import type { BorrowedPeer } from '../peer-table.js';
import { CarriedDiscovery } from './carried-discovery.js';
import { CarriedTransport } from './carried-transport.js';
import { FollowerStore } from './follower-store.js';
import type { Line } from './line.js';

export type CarriedParts = Pick<PeerOptions, 'transport' | 'discovery' | 'store'>;

export function carriedParts(line: Line, log: Log = silent): CarriedParts {
  line.log = guarded(log);
  const transport = new CarriedTransport(line);
  const discovery = new CarriedDiscovery({ line, died: (peer) => transport.lose(peer) });
  const store = new FollowerStore({ directory: line.directory, ownerRead: (owner) => discovery.learn(owner) });
  return { transport, discovery, store };
}

/** As `enter`; and an instance that is carried closes when its host ends. */
export async function enterCarried(borrowed: BorrowedPeer, options: JoinOptions, mapping?: MappedParts): Promise<Instance> {
  const { peer } = borrowed;
  const { transport, group } = peer.options;
  if (!(transport instanceof CarriedTransport)) return enter(borrowed, options, mapping);
  transport.line.onExiting = () => peer.endAtOnce();
  const entering = new AbortController();
  const giveUp = (): void =>
    entering.abort(new SocommError('SOCOMM_CLOSED', `the main thread stopped hosting worker threads while group ${group} was joined`));
  const stopWatching = transport.line.whenEnding(giveUp);
  let instance: Instance;
  try {
    instance = await enter(borrowed, { ...options, signal: eitherSignal(options.signal, entering.signal) }, mapping);
  } finally {
    stopWatching();
  }
  const close = (): void => void instance.close().catch((error: unknown) => peer.warnings.raise('close-failed', describe(error)));
  const stopListening = transport.line.whenEnding(close);
  if (instance.status === 'open') instance.on('closed', stopListening);
  return instance;
}

function eitherSignal(given: AbortSignal | undefined, ours: AbortSignal): AbortSignal {
  return given === undefined ? ours : AbortSignal.any([given, ours]);
}
