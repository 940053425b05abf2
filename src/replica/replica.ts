/**
 * One peer's copy of a document. It tells own changes from received ones, applies what comes in, and answers the engine's
 * questions. Wire bytes are encoding V1; V2 is used at rest only, behind a checksum. This folder is the only door to Yjs.
 */

import * as Y from 'yjs';
import type { LoadedDocument } from '../../storage/store.js';
import type { ReplicaView } from '../../sync/replica-view.js';
import type { ApplyOutcome } from '../../sync/synchronizer-host.js';
import { describe } from '../base/errors.js';
import type { Random } from '../base/random.js';
import { arrivalOf } from './arrival.js';
import { isClientId, newClientId } from './client-id.js';
import { digestOf } from './digest.js';
import { encodeTransaction, hasChanges } from './encode-changes.js';
import { Guard } from './guard.js';
import type { GuardCause } from './guard.js';
import { OwnChangeCheck } from './own-change-check.js';
import { OwnTurn } from './own-turn.js';
import type { OwnChanges } from './own-turn.js';
import { QuickDoc } from './quick-doc.js';
import type { ReplicaListener } from './replica-listener.js';
import { isAhead, isBehind, isStateVector } from './state-vector.js';
import { removeUnencodable } from './unencodable.js';
import { checkUpdates, isShallowEnough } from './update-check.js';
import type { UpdateSource } from './update-check.js';
import { WholeUpdates, footedOf, isEmptyUpdate, withoutPending } from './whole-updates.js';
import type { FootedUpdate } from './whole-updates.js';

export { Y };

/** The origins of transactions that are not the application's own. */
const RECEIVED = Symbol('socomm: received from a peer');
const LOADED = Symbol('socomm: loaded from the store');

export interface ReplicaOptions {
  readonly random: Random;
  readonly listener: ReplicaListener;
}

export class Replica implements ReplicaView {
  readonly doc: Y.Doc;
  readonly #random: Random;
  readonly #listener: ReplicaListener;
  readonly #guard: Guard;
  readonly #ownChanges: OwnChangeCheck;
  readonly #ownTurn: OwnTurn;
  readonly #updates: WholeUpdates;
  /** What is being applied, where nothing else can come of it. */
  #arriving: (() => Uint8Array) | undefined;
  #clientId: number;
  #digest: string | undefined;
  /** Something was written that nobody could take: from there on nothing is told until it has been taken out. */
  #isUntold = false;
  #wasMended = false;
  #changes = 0;

  constructor({ random, listener }: ReplicaOptions) {
    this.#random = random;
    this.#listener = listener;
    this.doc = new QuickDoc();
    this.#clientId = newClientId(random);
    this.doc.clientID = this.#clientId;
    this.#ownChanges = new OwnChangeCheck(this.doc);
    this.#ownTurn = new OwnTurn(this.doc);
    this.#updates = new WholeUpdates(this.doc, { hasFirstLoad: true });
    this.#guard = new Guard({
      doc: this.doc,
      // None of them is for `update`: for that Yjs encodes each transaction.
      listeners: [
        ['beforeObserverCalls', (transaction: Y.Transaction) => this.#checkOwnClock(transaction)],
        ['afterTransactionCleanup', (transaction: Y.Transaction) => this.#onEnd(transaction)],
      ],
      began: () => this.#onBegin(),
      turnEnded: () => this.#tellWritten(),
      tell: () => this.#tellMissed(),
      mend: () => this.#removeUnencodable(),
      repaired: (cause) => this.#onRepaired(cause),
    });
  }

  /** Counts whatever changed the replica. */
  get changes(): number {
    return this.#changes;
  }

  clientId(): number {
    return this.#clientId;
  }

  /** What is written from now on gets another id. */
  renewClientId(): void {
    this.#clientId = newClientId(this.#random);
    this.doc.clientID = this.#clientId;
  }

  #onBegin(): void {
    // Already here: where the document is muted, no end of the transaction is told.
    this.#digest = undefined;
    this.#checkClientId();
  }

  /** Before anything is written under an id that the application has set. */
  #checkClientId(): void {
    const { clientID } = this.doc;
    if (clientID === this.#clientId) return;
    const isUsable = isClientId(clientID);
    if (isUsable) this.#clientId = clientID;
    else this.renewClientId();
    this.#listener.clientIdChanged(clientID, isUsable);
  }

  /** Yjs itself would print to the console and take an id of 32 bits: it looks right after this, and then finds nothing. */
  #checkOwnClock({ local, beforeState, afterState }: Y.Transaction): void {
    if (!local && beforeState.get(this.doc.clientID) !== afterState.get(this.doc.clientID)) this.#leaveClientId();
  }

  #leaveClientId(): void {
    const { clientID } = this.doc;
    this.renewClientId();
    this.#listener.clientIdRenewed(clientID);
  }

  #onEnd(transaction: Y.Transaction): void {
    if (!hasChanges(transaction)) return;
    const origin: unknown = transaction.origin;
    this.#digest = undefined;
    if (origin !== LOADED) this.#changes++;
    const isOwn = origin !== LOADED && origin !== RECEIVED;
    if (isOwn) this.#updates.noteOutside();
    // The guard hands over at the end of the turn what is not told now, without what nobody could take.
    if (this.#isUntold) return;
    this.#guard.noteEnd(transaction);
    // What cannot be encoded is no small change: whoever set it gets the error, and the guard has the value taken out.
    if (isOwn) return void (this.#ownTurn.note(transaction) && this.#tell(this.#ownTurn.take()));
    this.#guard.noteTold(transaction.afterState);
    if (origin === LOADED) return;
    const arrived = this.#updates.isWhole ? this.#arriving : undefined;
    this.#listener.received(arrived ?? (() => encodeTransaction(transaction)));
  }

  /** Not within a transaction: what it has not deleted yet would be told as if it stayed. */
  #tellWritten(): void {
    if (!this.#ownTurn.isEmpty && this.doc._transaction === null) this.#tell(this.#ownTurn.take());
  }

  #tell(own: OwnChanges): void {
    if (this.#isUntold) return;
    const tooDeep = this.#ownChanges.whyTooDeep(own);
    this.#isUntold = tooDeep !== undefined && !this.#ownChanges.isFetchable(own.update);
    if (this.#isUntold) return;
    this.#guard.noteTold(own.state);
    this.#listener.changed(own.update);
    if (tooDeep !== undefined) this.#listener.changeTooDeep(tooDeep);
  }

  /** Applies updates in one transaction; of a frame all or, where one of them fails the checks, none. */
  apply(updates: readonly Uint8Array[], source: UpdateSource): ApplyOutcome {
    const check = checkUpdates(this.doc, updates, source);
    if (!check.ok) return check;
    if (check.ownEnd > Y.getState(this.doc.store, this.doc.clientID)) this.#leaveClientId();
    this.#arriving = this.hasPending() ? undefined : arrivalOf(this.doc, updates, source);
    return this.#integrate(check.footed, RECEIVED);
  }

  /**
   * Takes in what the store holds: snapshot (V2), then log (V1), in one transaction.
   * Returns what of it was new to a replica that was not empty; undefined where nothing was.
   */
  load({ snapshot, updates }: Pick<LoadedDocument, 'snapshot' | 'updates'>): Uint8Array | undefined {
    const before = this.stateVector();
    const isFresh = this.isEmpty;
    const digest = isFresh ? undefined : this.digest();
    const outcome = this.#integrate(footedOf(this.doc, { snapshot, updates }, this.#updates), LOADED);
    this.#digest = undefined;
    if (!outcome.ok) throw new Error(`stored updates could not be read: ${outcome.detail}`);
    return isFresh || digest === this.digest() ? undefined : this.difference(before);
  }

  #integrate(updates: Iterable<FootedUpdate>, origin: symbol): ApplyOutcome {
    // What was written before is told before.
    this.#tellWritten();
    const failures: string[] = [];
    const apply = (update: FootedUpdate): void => {
      try {
        this.#updates.integrate(update, origin);
      } catch (error) {
        // Observers run when the outer transaction ends, so this is the reader's complaint about the bytes.
        failures.push(describe(error));
        this.#arriving = undefined;
      }
    };
    const mayApply = (update: Uint8Array): boolean => isShallowEnough(this.doc, update);
    try {
      this.doc.transact(() => {
        for (const update of updates) apply(update);
        this.#updates.release({ mayApply, apply });
      }, origin);
    } catch (error) {
      this.#listener.observerThrew(error);
    } finally {
      this.#arriving = undefined;
    }
    return failures.length === 0 ? { ok: true } : { ok: false, detail: failures.join('; '), isBeyondLimit: false };
  }

  /**
   * Tells what was written in this turn, looks whether Yjs still tells us of changes, and repairs it where it does not. The guard sees to
   * both at the end of each turn in which there was a transaction; this is for moments that cannot wait, and for what no event told of.
   */
  heal(): void {
    this.#tellWritten();
    this.#guard.heal();
  }

  /** As a difference: it carries all structs above what was told, and all deletions there are, so none can be missed. */
  #tellMissed(): boolean {
    if (this.#isUntold) return false;
    this.#digest = undefined;
    this.#changes++;
    const missed = this.#encodeMissed();
    if (missed === undefined) return false;
    this.#ownTurn.drop();
    if (!isEmptyUpdate(missed)) this.#listener.changed(missed);
    return true;
  }

  #encodeMissed(): Uint8Array | undefined {
    try {
      return this.difference(Y.encodeStateVector(new Map(this.#guard.told)));
    } catch {
      return undefined; // whatever the reason: that it cannot be encoded is the answer
    }
  }

  /** Nothing of it is told as it happens: a deletion alone would build on what was never handed over. */
  #removeUnencodable(): void {
    this.#isUntold = true;
    const count = removeUnencodable(this.doc, this.#guard.told);
    this.#isUntold = false;
    if (count === 0) return;
    this.#wasMended = true;
    this.#listener.valuesRemoved(count);
  }

  #onRepaired(cause: GuardCause): void {
    const isTold = cause === 'silent' && this.#wasMended;
    this.#wasMended = false;
    if (!isTold) this.#listener.repaired(cause);
  }

  /** Nothing has come here, not even what could not be placed yet. */
  get isEmpty(): boolean {
    return this.doc.store.clients.size === 0 && !this.hasPending();
  }

  stateVector(): Uint8Array {
    return Y.encodeStateVector(this.doc);
  }

  canRead(stateVector: Uint8Array): boolean {
    return isStateVector(stateVector);
  }

  difference(stateVector: Uint8Array): Uint8Array {
    return withoutPending(this.doc, () => Y.encodeStateAsUpdate(this.doc, stateVector));
  }

  /** The whole state in the compact encoding; never called while something is pending. */
  snapshot(): Uint8Array {
    return withoutPending(this.doc, () => Y.encodeStateAsUpdateV2(this.doc));
  }

  digest(): string {
    this.#digest ??= digestOf(this.doc);
    return this.#digest;
  }

  hasPending(): boolean {
    return this.#updates.isPending;
  }

  /** Drops what is pending; returns how many bytes that was. */
  setAside(): number {
    return this.#updates.setAside();
  }

  isBehind(stateVector: Uint8Array): boolean {
    return isBehind(this.doc, stateVector);
  }

  isAhead(stateVector: Uint8Array): boolean {
    return isAhead(this.doc, stateVector);
  }

  destroy(): void {
    this.#guard.end();
    this.doc.destroy();
  }
}
