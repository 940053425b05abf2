/**
 * What a peer says beside its documents, for all its instances: topics, ephemeral values, requests, streams. It hands each
 * frame of the lane of messages, and each change of the mesh, to whom it concerns. Opaque bytes only: codecs are src/talk's.
 * Nothing here reaches a document or the disk. Spec: docs/TALKING.md.
 *
 *   Broadcasts   topics: numbered per sender and key, so that a loss is seen and counted
 *   Values       ephemeral values: the latest per instance and key; a loss is healed by asking for all of them
 *   Channels     requests and streams: in order and complete for as long as the connection lasts
 *   Enquiries    the library's own short questions, from peer to peer
 */

import type { InstanceId, PeerId } from '../src/base/ids.js';
import type { TransportListener } from '../sync/transport.js';
import { Broadcasts } from './broadcasts.js';
import { Channels } from './channels.js';
import { Enquiries } from './enquiries.js';
import type { Mesh } from './mesh.js';
import { Values } from './values.js';

export class Talker {
  readonly mesh: Mesh;
  readonly broadcasts: Broadcasts;
  readonly values: Values;
  readonly channels: Channels;
  readonly enquiries: Enquiries;

  constructor(mesh: Mesh) {
    this.mesh = mesh;
    this.broadcasts = new Broadcasts(mesh);
    this.values = new Values(mesh);
    this.channels = new Channels(mesh, this.values);
    this.enquiries = new Enquiries(mesh);
  }

  /** Give it what the transport reports on the lane of messages. */
  readonly listener: Pick<TransportListener, 'published' | 'posted' | 'subscribed'> = {
    published: (frame, key, body) => {
      // Each knows its own kinds of frame and leaves the others' alone.
      if (!this.values.published(frame, key)) this.broadcasts.published(frame, key, body);
    },
    posted: (from, frame, body) => {
      if (!this.enquiries.posted(from, frame)) this.channels.posted(from, frame, body);
    },
    subscribed: (key) => {
      this.broadcasts.subscribed(key);
      this.values.subscribed(key);
    },
  };

  /** Linked both ways from now on. After a lost connection the same peer may be met again. */
  peerMet(peer: PeerId): void {
    this.broadcasts.peerMet(peer);
    this.values.peerMet(peer);
    this.channels.peerMet(peer);
  }

  peerLost(peer: PeerId): void {
    this.broadcasts.peerLost(peer);
    this.values.peerLost(peer);
    this.channels.peerLost(peer);
    this.enquiries.peerLost(peer);
  }

  /** An instance of another peer closed, and its peer goes on. */
  instanceLeft(instance: InstanceId): void {
    this.values.instanceLeft(instance);
    this.channels.instanceLeft(instance);
  }

  /** An instance of this peer closes: what it said and asked ends with it. */
  instanceClosed(instance: InstanceId): void {
    this.broadcasts.instanceClosed(instance);
    this.values.instanceClosed(instance);
    this.channels.instanceClosed(instance);
  }

  /** Hands over what is gathered; nothing is said or told afterwards. Idempotent. */
  close(): void {
    this.broadcasts.close();
    this.values.close();
    this.channels.close();
    this.enquiries.close();
  }
}
