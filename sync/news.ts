/** What the engine tells and does not order: handed on to the peer that the mesh is for. */

import { unreachable } from '../src/base/errors.js';
import type { Effect } from './engine-io.js';
import type { SynchronizerHost } from './synchronizer-host.js';

export type News = Extract<
  Effect,
  {
    readonly kind:
      | 'synced'
      | 'document-wanted'
      | 'document-unheld'
      | 'flush-awaited'
      | 'writer-changed'
      | 'instances-changed'
      | 'peer-met'
      | 'peer-lost'
      | 'peer-refused'
      | 'stalled'
      | 'recovered'
      | 'silent-changed'
      | 'warn';
  }
>;

export function tellHost(host: SynchronizerHost, news: News): void {
  switch (news.kind) {
    case 'synced':
      return host.synced(news.document);
    case 'document-wanted':
      return host.documentWanted(news.document);
    case 'document-unheld':
      return host.documentUnheld(news.document);
    case 'flush-awaited':
      return host.flushAwaited();
    case 'writer-changed':
      return host.writerChanged(news.writer);
    case 'instances-changed':
      return host.instancesChanged(news.joined, news.left);
    case 'peer-met':
      return host.peerMet(news.peer);
    case 'peer-lost':
      return host.peerLost(news.peer);
    case 'peer-refused':
      return host.peerRefused(news.peer);
    case 'stalled':
      return host.stalled(news.writer, news.reason);
    case 'recovered':
      return host.recovered(news.writer);
    case 'silent-changed':
      return host.silenceChanged();
    case 'warn':
      return host.warn(news.code, news.message);
    default:
      unreachable(news);
  }
}
