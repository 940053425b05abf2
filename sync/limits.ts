/** Every limit of the protocol in one place; docs/LIMITS.md explains them. */

/** Larger batches of updates are split over several frames. */
export const FRAME_UPDATES_BYTES_MAX = 64 * 1024;
/** What gathers while a send is under way; beyond it the content is left to catch-up. */
export const OUTBOX_BYTES_MAX = 16 * 1024 * 1024;
/** A single update above this is not broadcast: its number is used up, and catch-up carries it in chunks. */
export const UPDATE_BYTES_MAX = 64 * 1024;
/** No frame is read above this. */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;
export const CHUNK_BYTES = 256 * 1024;
/** Chunks of one answer that are under way at once. */
export const CHUNKS_IN_FLIGHT_MAX = 4;
/** … and, asked for by one who takes them as they come. */
export const CHUNKS_IN_FLIGHT_GROWN_MAX = 8;
/** 4,096 chunks of 256 KiB: 1 GiB of difference. */
export const CHUNKS_MAX = 4096;
/** Answers that are put together as they come; of a larger one the chunks are kept until all are there. */
export const ANSWER_IN_PLACE_BYTES_MAX = 64 * 1024 * 1024;
/** Answers in chunks that one peer keeps ready for others … */
export const ANSWERS_MAX = 64;
/** … and their bytes together; a single answer is always kept. */
export const ANSWERS_BYTES_MAX = 64 * 1024 * 1024;
export const DOCUMENT_NAME_BYTES_MAX = 512;
export const DOCUMENTS_IN_FRAME_MAX = 4096;
/** Names in one frame that tells the writer what is open. */
export const HOLDING_BYTES_MAX = 64 * 1024;
/** Documents that the writer knows one peer to have open. */
export const HELD_DOCUMENTS_MAX = 16_384;
/** … and all peers together. */
export const HELD_BY_ALL_MAX = 65_536;
/** Closed documents whose own last numbers are remembered one by one. */
export const CLOSED_DOCUMENTS_MAX = 4096;
/** Documents that one pulse names because they changed … */
export const PULSE_DOCUMENTS_MAX = 256;
/** … and quiet ones, in turn. */
export const PULSE_QUIET_MAX = 8;
export const UPDATES_IN_FRAME_MAX = 65_536;
export const VECTOR_ENTRIES_MAX = 4096;
export const INSTANCES_MAX = 4096;
export const ENDPOINT_BYTES_MAX = 256;
/** Frames that wait behind a hole, per sender and document; beyond it the oldest hole is answered by catch-up alone. */
export const HELD_FRAMES_MAX = 1024;
export const HELD_BYTES_MAX = 16 * 1024 * 1024;
/** Flush requests of one peer that wait at the writer. */
export const FLUSHES_WAITING_MAX = 256;
/** Maintenance of one peer that the writer works at … */
export const MAINTENANCE_WORKING_MAX = 8;
/** … and outcomes that it keeps for that peer, in case its answer was lost. */
export const MAINTENANCE_KEPT_MAX = 8;
/** A path or a name. */
export const MAINTENANCE_TARGET_BYTES_MAX = 4096;
/** What was done, or why it was not. */
export const MAINTENANCE_TEXT_BYTES_MAX = 64 * 1024;
/** Peers that one peer is linked with: more than a machine's sockets would carry. */
export const LINKS_MAX = 1024;
/** Peers that have left and whose numbers are still known; with the linked ones they fit into one vector. */
export const DEPARTED_MAX = 1024;
/** One peer may ask for one document's difference so often at once … */
export const WANTS_BURST_MAX = 32;
/** … and after that once in this time: what comes sooner is answered later. */
export const WANT_INTERVAL_MS = 40;
/** Nobody has counted up to this: a higher revision, or a term, is a mistake, and must not become what the next one has to exceed. */
export const COUNT_MAX = 2 ** 48;
/** Peers that speak no version of ours and are remembered. */
export const REFUSED_MAX = 256;
/** Frames or updates of one sender that fail a check within `RUBBISH_WINDOW_MS` before it is muted. */
export const RUBBISH_MAX = 8;
/** In a group of more than this nobody says hello to whom it finds: its question for READY does, and the roster. */
export const GREETED_MAX = 8;
/** Where more than twice as many are linked and nothing happens, so many go on to be pulsed each second, and the others rest. */
export const WATCHERS_MAX = 4;

/** Those of the limits that a simulation makes small, so that what happens beyond them happens often. */
export interface EngineLimits {
  readonly outboxBytesMax: number;
  readonly frameUpdatesBytesMax: number;
  readonly updateBytesMax: number;
  readonly chunkBytes: number;
  readonly answersMax: number;
  readonly answersBytesMax: number;
  readonly heldFramesMax: number;
  readonly heldBytesMax: number;
  readonly greetedMax: number;
  readonly watchersMax: number;
}

export const ENGINE_LIMITS: EngineLimits = {
  outboxBytesMax: OUTBOX_BYTES_MAX,
  frameUpdatesBytesMax: FRAME_UPDATES_BYTES_MAX,
  updateBytesMax: UPDATE_BYTES_MAX,
  chunkBytes: CHUNK_BYTES,
  answersMax: ANSWERS_MAX,
  answersBytesMax: ANSWERS_BYTES_MAX,
  heldFramesMax: HELD_FRAMES_MAX,
  heldBytesMax: HELD_BYTES_MAX,
  greetedMax: GREETED_MAX,
  watchersMax: WATCHERS_MAX,
};

/** A catch-up without progress for this long goes to another peer. */
export const CATCH_UP_SILENCE_MS = 500;
/** Where more peers than this are linked, and whoever was asked is heard, it has not stopped: others ask it, too … */
export const CATCH_UP_CROWD = 8;
/** … so for each further one it is given so much longer … */
export const CATCH_UP_BUSY_MS = 125;
/** … and it was heard of late within this: a pulse is a second old at most. */
export const CATCH_UP_HEARD_MS = 1500;
/** A newcomer that knows of no writer gives one this long to say so, before it asks another. */
export const WRITER_GRACE_MS = 50;
/** Complete peers that a newcomer asks while no writer answers. */
export const VOUCHERS_MAX = 8;
/** Each answer that stays away doubles the patience with the next, up to this. */
export const CATCH_UP_SILENCE_MAX_MS = 8000;
/** Hearsay of a missing frame is given this long to prove itself wrong. */
export const DOUBT_GRACE_MS = 250;
/** A flush request may overtake the frames that it names by this much. */
export const FLUSH_GRACE_MS = 20;
/** A flush takes along what was written right before it, up to this: the writer gets it twice. */
export const FLUSH_CARRIED_BYTES_MAX = 16 * 1024;
/** Between two catch-ups of one document on mere doubt. */
export const CATCH_UP_PAUSE_MS = 50;
/** The last number is repeated after this long a silence. */
export const TAIL_DELAY_MS = 100;
export const PULSE_INTERVAL_MS = 1000;
/** Where a crowd rests, all but the few who watch are pulsed so often: with the second in which they have to answer, three. */
export const PULSE_REST_MS = 2000;
/** Nobody may ask for more patience than this. */
export const PULSE_REST_MAX_MS = 10_000;
/** Who rests and has not answered a pulse by then is asked once more, by itself: either may have been lost. */
export const ASK_AGAIN_MS = 500;
/** Who is next in turn pulses after so much more, and whoever comes behind it after as much again. */
export const STAND_IN_MS = 500;
/** Who does not answer a pulse for this long counts as silent: the next pulse went by, too. */
export const ANSWER_MS = 1500;
/** Of whose turn it is to pulse nothing was heard for this long: it counts as silent. What is said of others' silence is good for as long. */
export const SILENT_MS = 2500;
/** A writer that has not pulsed for this long counts as stalled. */
export const STALL_MS = 3000;
/** A document counts as changed in pulses for this long. */
export const PULSE_RECENT_MS = 3000;
/** A document of memory is reported so long after it changed, or after somebody came or went, then after twice as long each time … */
export const REPORT_LEAST_MS = 1000;
/** … up to this. */
export const REPORT_MAX_MS = 64_000;
/** … and by each further one who has it so much later. */
export const REPORT_TURN_MS = 20;
/** Digests are taken only of documents that have been left alone for this long. */
export const DIGEST_QUIET_MS = 300;
/** What builds on something that nobody alive has is set aside after this, if all were asked. */
export const PENDING_PATIENCE_MS = 5000;
/** … and after this, whoever of them has not answered yet: until then the writer acknowledges nothing in that document. */
export const PENDING_PATIENCE_MAX_MS = 30_000;
/** Who asks READY of us is looked up in the roster if its hello has not come within this. */
export const LOOK_DELAY_MS = 50;
/** … and further ones this long after that: where many begin at once, they are met together. */
export const LOOK_PAUSE_MS = 500;
/** READY is asked for again after this, and after twice as long each time … */
export const READY_RETRY_MS = 500;
/** … up to this. */
export const READY_RETRY_MAX_MS = 8000;
/** An answer that nobody fetches further is dropped after this. */
export const ANSWER_EXPIRY_MS = 10_000;
/** A flush is asked for again after this: the answer of a dying writer may be lost. */
export const FLUSH_RETRY_MS = 1000;
/** Maintenance is asked for again after this: the question, or the answer, may be lost. The same number is the same task. */
export const MAINTENANCE_RETRY_MS = 1000;
/** A document's numbers of a peer that has left are forgotten after this. */
export const DEPARTED_KEPT_MS = 60_000;
/** Missing chunks of an answer are asked for again this often without one coming, before the answer is given up. */
export const CATCH_UP_RESUMES_MAX = 3;
/** How long what fails a check counts against its sender. */
export const RUBBISH_WINDOW_MS = 10_000;
/** How long a sender of rubbish is not listened to. */
export const MUTED_MS = 30_000;
/** A tick that comes later than this shows that we, not the others, were absent. */
export const LATE_MS = 200;
