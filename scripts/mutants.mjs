// @ts-check
/**
 * Planted bugs: each is one small change of the sources that breaks one promise, and that the simulator must notice.
 * `find` stands exactly once in the file, else the run fails: sources move on, and a bug that is not planted proves nothing.
 */

/**
 * @typedef {object} Edit
 * @property {string} file
 * @property {string} find
 * @property {string} replacement
 *
 * @typedef {Edit & { name: string, breaks: string, also?: readonly Edit[] }} Mutant `breaks`: what promise, in one sentence.
 */

/** @type {readonly Mutant[]} */
export const MUTANTS = [
  {
    name: 'no gap check',
    breaks: 'A frame behind a hole is applied at once, as if nothing were missing before it.',
    file: 'sync/sequence.ts',
    find: 'if (seq > applied + 1) {\n    hold(',
    replacement: 'if (seq < 0) {\n    hold(',
  },
  {
    name: 'digest without deletes',
    breaks: 'The digest covers the state vector alone, so a lost deletion shows nowhere.',
    file: 'src/replica/digest.ts',
    find: 'Y.encodeSnapshot(Y.snapshot(doc))',
    replacement: 'Y.encodeStateVector(doc)',
  },
  {
    name: 'READY skipped',
    breaks: 'A link counts as ready before its subscriptions have arrived, and what was published until then is not missed.',
    file: 'sync/meeting.ts',
    find: "step.effects.push({ kind: 'connect', address });\n  askReady(step, link);",
    replacement: "step.effects.push({ kind: 'connect', address });\n  link.isReady = true;",
  },
  {
    name: 'READY tails ignored',
    breaks: 'READY says that all comes from here on, but not what came before.',
    file: 'sync/meeting.ts',
    find: 'noteTails(step, sender, tails, 0);\n  settleAll(step);\n}\n\nexport function onGoodbye',
    replacement: 'settleAll(step);\n}\n\nexport function onGoodbye',
  },
  {
    name: 'numbers reset on reconnect',
    breaks: 'With each new link a sender begins to count anew, and its frames are taken for old ones.',
    file: 'sync/meeting.ts',
    find: 'state.links.set(id, link);',
    replacement: 'state.links.set(id, link);\n  for (const document of state.documents.values()) document.ownSeq = 0;',
  },
  {
    name: 'chunk lost',
    breaks: 'An answer counts as whole although its last chunk has not come.',
    file: 'sync/fetching.ts',
    find: 'if (catchUp.chunks.size < count) {',
    replacement: 'if (catchUp.chunks.size < Math.max(1, count - 1)) {',
  },
  {
    name: 'chunk order unchecked',
    breaks: 'Chunks are put together in the order in which they came.',
    file: 'sync/fetching.ts',
    find: '[...chunks].sort(([a], [b]) => a - b).map',
    replacement: '[...chunks].map',
  },
  {
    name: 'chunk not asked for again',
    breaks: 'A chunk that was lost on the way is waited for, and nothing else is asked meanwhile.',
    file: 'sync/fetching.ts',
    find: 'if (chunks.has(index)) continue;\n    askForChunk(step, document, catchUp, index);',
    replacement: 'if (chunks.has(index)) continue;\n    catchUp.resumes = 0;',
  },
  {
    name: 'held frames dropped on join',
    breaks: 'What was held while an answer was on its way is dropped, and its numbers are taken for applied.',
    file: 'sync/sequence.ts',
    find: 'if (seq > (document.applied.get(peer) ?? 0)) document.applied.set(peer, seq);\n    release(step, document, peer);',
    replacement:
      'const last = Math.max(seq, document.applied.get(peer) ?? 0, ...(document.held.get(peer)?.keys() ?? []));\n    document.applied.set(peer, last);\n    forgetHeld(document, peer);',
  },
  {
    name: 'vector taken a tick late',
    breaks: 'The numbers of an answer are those of the moment in which its last chunk leaves, not of the difference.',
    file: 'sync/answering.ts',
    find: 'const { vector, stateVector } = index === 0 ? given : { vector: new Map<PeerId, number>(), stateVector: new Uint8Array() };',
    replacement:
      'const { stateVector } = given;\n  const vector = vectorOf(step.state, step.state.documents.get(document) as DocumentState);',
    also: [{ file: 'sync/fetching.ts', find: 'if (index === 0) catchUp.head = {', replacement: 'catchUp.head = {' }],
  },
  {
    name: 'answer claims numbers while something is pending',
    breaks: 'An answer claims the numbers of frames whose content it could not give.',
    file: 'sync/answering.ts',
    find: 'replica.hasPending() ? new Map() : vectorOf(state, document)',
    replacement: 'vectorOf(state, document)',
  },
  {
    name: 'answers always say complete',
    breaks: 'Who is not the whole itself makes others believe that they are.',
    file: 'sync/answering.ts',
    find: 'isComplete: document.isWhole,',
    replacement: 'isComplete: true,',
  },
  {
    name: "synced on an empty peer's word",
    breaks: 'Any answer counts as the whole, those included of peers that have just started and are empty.',
    file: 'sync/catch-up.ts',
    find: 'if (isComplete) markWhole(step, document);\n  else document.tried.add(from);',
    replacement: 'document.tried.add(from);\n  markWhole(step, document);',
  },
  {
    name: 'everyone counts though somebody may write',
    breaks: 'Who does not write itself believes that nobody does, and that all peers together are the whole.',
    file: 'sync/membership.ts',
    find: 'for (const link of links.values()) if (link.canWrite) return true;\n  return false;',
    replacement: 'return links.size > 1000;',
  },
  {
    name: 'tails never repeated',
    breaks: 'A last frame that was lost is not missed before the next pulse.',
    file: 'sync/updates.ts',
    find: 'document.tailDueAt = step.now + TAIL_DELAY_MS;',
    replacement: 'document.tailDueAt = Infinity;',
  },
  {
    name: 'goodbye tails ignored',
    breaks: 'Who leaves says which number was its last, and nobody listens.',
    file: 'sync/meeting.ts',
    find: 'noteTails(step, sender, tails, 0);\n  onLost(step, sender);',
    replacement: 'onLost(step, sender);',
  },
  {
    name: 'no invite',
    breaks: 'Who finds that it has more than the answerer keeps it to itself.',
    file: 'sync/catch-up.ts',
    find: 'if (document.replica.isAhead(stateVector)) {',
    replacement: 'if (document.replica.isAhead(stateVector) && step.now < 0) {',
  },
  {
    name: 'pulse compares nothing',
    breaks: 'Replicas that differ though their numbers are equal are never compared.',
    file: 'sync/pulse.ts',
    find: 'mine.digest !== theirs.digest && areEqual(',
    replacement: 'mine.digest !== theirs.digest && step.now < 0 && areEqual(',
  },
  {
    name: 'rejected frame keeps its number',
    breaks: 'A frame that failed the checks counts as applied.',
    file: 'sync/engine.ts',
    find: 'document.applied.set(from, Math.min(document.applied.get(from) ?? 0, cause.seq - 1));',
    replacement: '',
  },
  {
    name: 'set aside and still claimed',
    breaks: 'What was left out, because nobody had what it builds on, goes on to count as applied, and the writer acknowledges it.',
    file: 'sync/catch-up.ts',
    find: 'document.applied.clear();\n',
    replacement: '',
  },
  {
    name: 'doubt forgotten once asked',
    breaks: 'One question settles a doubt, whatever its answer.',
    file: 'sync/catch-up.ts',
    find: "if (!isFounded(document, peer, found)) {\n    document.doubts.delete(peer);\n    return 'ended';\n  }\n  const source",
    replacement: "document.doubts.delete(peer);\n  if (!isFounded(document, peer, found)) {\n    return 'ended';\n  }\n  const source",
  },
  {
    name: 'asks without a pause',
    breaks: 'A doubt that an answer did not settle asks again, and again, without end.',
    file: 'sync/catch-up.ts',
    find: 'else if (found.raisedAt <= askedAt) found.tried.add(asked);',
    replacement: '',
  },
  {
    name: 'every peer is asked for the bulk',
    breaks: 'A newcomer does not stop asking when one has answered: it fetches a copy of everyone.',
    file: 'sync/catch-up.ts',
    find: 'if (isComplete) markWhole(step, document);\n  else document.tried.add(from);',
    replacement:
      'document.tried.add(from);\n  const left = rankedLinks(step.state).find(({ id }) => !document.tried.has(id));\n  if (isComplete) markWhole(step, document);\n  if (left !== undefined) doubt(step, document, left.id, { graceMs: 0, evidence: true });',
  },
  {
    name: 'held frames without a limit',
    breaks: 'Frames behind a hole are kept however many they are.',
    file: 'sync/sequence.ts',
    find: 'if (frames.has(seq) || frames.size >= limits.heldFramesMax || document.heldBytes + bytes > limits.heldBytesMax) return;',
    replacement: 'if (frames.has(seq) || limits.heldBytesMax < 0) return;',
  },
  {
    name: 'acknowledgement before sync',
    breaks: 'The writer says that a batch is durable before the disk has said so.',
    file: 'src/writer.ts',
    find: 'await this.#store.append(this.#term, batch);',
    replacement: 'void this.#store.append(this.#term, batch).catch((error: unknown) => this.#fail(error));',
  },
  {
    name: 'acknowledgement without what it builds on',
    breaks: 'A watermark is taken while something is pending: it covers frames that are not in the store.',
    file: 'src/writer.ts',
    find: 'if (this.#touched.has(name) && !replica.hasPending()) watermarks.set(name, document.vector());',
    replacement: 'if (this.#touched.has(name)) watermarks.set(name, document.vector());',
  },
  {
    name: 'takeover watermark while pending',
    breaks: 'The first watermark of a term covers frames that the new writer could not integrate.',
    file: 'src/writer.ts',
    find: 'if (!replica.hasPending()) this.#watermarks.set(name, document.vector());',
    replacement: 'this.#watermarks.set(name, document.vector());',
  },
  {
    name: 'takeover writes no difference',
    breaks: 'What a follower had applied is not written when it takes over, and yet acknowledged.',
    file: 'src/writer.ts',
    find: 'if (base === undefined) continue;',
    replacement: 'if (base !== null) continue;',
  },
  {
    name: 'term counted from what was heard alone',
    breaks: 'A writer of a cold start gives itself a term that was there before.',
    file: 'src/writer.ts',
    find: 'this.#term = Math.max(opened.term, owner?.term ?? 0, this.#host.termHeard()) + 1;',
    replacement: 'this.#term = this.#host.termHeard() + 1;',
  },
  {
    name: 'store lock check removed',
    breaks: 'A batch is written although the lock was lost while the disk was at work.',
    file: 'storage/memory-store.ts',
    find: 'this.#checkWritable();\n        this.#disk.checkOwned(this);\n        this.#disk.commit(term, documents);',
    replacement: 'this.#checkWritable();\n        this.#disk.commit(term, documents);',
  },
  {
    name: 'idle writer never looks at its lock',
    breaks: 'A writer whose lock file was taken away goes on to lead as long as it has nothing to write.',
    file: 'src/candidacy.ts',
    find: 'if (this.#options.store.lock.isOwned()) return;',
    replacement: 'if (this.#options.store.location !== undefined) return;',
  },
  {
    name: 'robbed writer stands back for ever',
    breaks: 'Whose lock was taken away lets everybody else try first, however long the other has led since.',
    file: 'src/candidacy.ts',
    find: 'if (wasLeading && successor !== undefined && successor.term > term) this.writerChanged(successor);',
    replacement: '',
  },
  {
    name: 'snapshot of nothing replaces the log',
    breaks: 'A document is compacted before it was loaded: what the log held is gone.',
    file: 'src/writer.ts',
    find: 'this.#host.documents().filter(({ name }) => this.#loaded.has(name)),',
    replacement: 'this.#host.documents(),',
  },
  {
    name: 'missed-by-group content not spread',
    breaks: 'What only the store had stays with the new writer, until somebody compares.',
    file: 'src/candidacy.ts',
    find: 'if (missed !== undefined) ',
    replacement: 'if (missed !== undefined && document.length > 1000) ',
  },
  {
    name: 'flushes not refused at step-down',
    breaks: 'Who is no longer the writer keeps others waiting.',
    file: 'sync/meeting.ts',
    find: 'if (term === 0) refuseFlushes(step);',
    replacement: '',
  },
  {
    name: 'follower closes without asking',
    breaks: 'Who leaves does not ask the writer whether its last changes are on disk.',
    file: 'src/peer-table.ts',
    find: 'await peer.settle(CLOSE_FLUSH_MS);',
    replacement: '',
  },
  {
    name: 'muted document stays muted',
    breaks: 'A listener of the application that throws silences a document for good.',
    file: 'src/replica/guard.ts',
    find: "    doc._transaction = null;\n    doc._transactionCleanups = [];\n    if (cause === 'removed'",
    replacement: "    if (cause === 'removed'",
  },
  {
    name: 'pending structs spread',
    breaks: 'What could not be placed is encoded along with the rest, stored, and given to others.',
    file: 'src/replica/waiting-updates.ts',
    find: 'store.pendingStructs = null;\n  store.pendingDs = null;\n  try {',
    replacement: 'try {',
  },
  {
    name: 'spread content without a watermark',
    breaks: 'What a new writer spreads of what only the store had is never said to be durable.',
    file: 'src/candidacy.ts',
    find: 'this.touch(document);\n        synchronizer.documentLoaded',
    replacement: 'synchronizer.documentLoaded',
  },
  {
    name: 'hello not repeated',
    breaks: 'A hello that was lost leaves a link that one side knows of.',
    file: 'sync/meeting.ts',
    find: 'if (link.isReady && link.isMet) continue;',
    replacement: 'if (link.isReady) continue;',
  },
  {
    name: 'empty differences handed over',
    breaks: 'After a listener threw, an update that changes nothing is published, and others take its sender for broken.',
    file: 'src/replica/replica.ts',
    find: 'missed !== undefined && !isEmptyUpdate(missed)',
    replacement: 'missed !== undefined',
  },
  {
    name: 'muted while loading',
    breaks: 'What an observer writes while the store is loaded, and a listener keeps from being told, is missing in the first record.',
    file: 'src/writer.ts',
    find: '    replica.heal();\n',
    replacement: '',
  },
];
