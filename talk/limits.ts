/** Every limit of talking in one place; docs/LIMITS.md explains them. */

// Topics.

/** Payloads from this size up travel as bodies, uncopied; smaller ones gather. */
export const LARGE_BYTES_MIN = 16 * 1024;
/** What gathered is closed as a frame at this size. */
export const GATHERED_BYTES_MAX = 64 * 1024;
/** Large messages travel in pieces of this size. */
export const PIECE_BYTES_MAX = 256 * 1024;
export const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;
/** What waits for the transport; and as much again for instances of the same peer. A single message is always taken. */
export const UNSENT_BYTES_MAX = 64 * 1024 * 1024;
/** Keys whose numbers a publisher remembers … */
export const OWN_KEYS_MAX = 4096;
/** … and keys of one sender that a subscription does: more, so that it never forgets first. */
export const HEARD_KEYS_MAX = 8192;
/** Lost peers that a subscription remembers, in case they are met again. */
export const LOST_PEERS_MAX = 64;
/** Large messages that have not come in whole, of one subscriber's senders together. */
export const PARTIAL_BYTES_MAX = 256 * 1024 * 1024;
export const PARTIAL_MESSAGES_MAX = 4096;
export const SUBSCRIPTIONS_MAX = 4096;
/** As it travels; src/talk/codec.ts is stricter. */
export const CODEC_NAME_BYTES_MAX = 256;
/** Of a subscription key, as the transport has it. */
export const TALK_KEY_BYTES_MAX = 255;
/** Nobody has counted up to this: a higher number is a mistake. */
export const NUMBER_MAX = 2 ** 48;

// Ephemeral values.

export const VALUE_KEY_BYTES_MAX = 128;
export const VALUE_BYTES_MAX = 64 * 1024;
/** Of one instance under one name. */
export const VALUES_MAX = 4096;
/** Of one peer under one name, and in bytes; what is heard beyond it is not kept. */
export const PEER_VALUES_MAX = 16_384;
export const PEER_VALUES_BYTES_MAX = 64 * 1024 * 1024;
export const VALUE_NAMES_MAX = 4096;
/** A frame of values is closed at this size; the current ones of a peer come in as many as they need. */
export const VALUES_FRAME_BYTES_MAX = 64 * 1024;
export const VALUES_PARTS_MAX = 4096;
export const VALUES_PER_SECOND_MAX = 1000;
/** Frames that are kept while the current values are asked for. */
export const VALUES_HELD_MAX = 256;
/** Instances of a peer that have left, so that nothing late brings one back. */
export const DEPARTED_INSTANCES_MAX = 4096;
/** Between two questions to one peer about one name. */
export const VALUES_ASK_PAUSE_MS = 100;

// Mapped values.

/** Of one instance: values, bytes of one, and bytes of all the memory. */
export const MAPPED_VALUES_MAX = 4096;
export const MAPPED_VALUE_BYTES_MAX = 16 * 1024;
export const MAPPED_BYTES_MAX = 16 * 1024 * 1024;
/** Instances whose memory one instance has mapped. */
export const MAPPED_TABLES_MAX = 1024;
/** How often a value that is overwritten meanwhile is read again. */
export const MAPPED_READS_MAX = 16;

// Questions and tails of both.

/** A question without an answer is asked again after this, then after twice as long each time … */
export const QUESTION_RETRY_MS = 500;
/** … up to this. */
export const QUESTION_RETRY_MAX_MS = 8000;
/** The same for questions whose answer comes behind all that was published: a slow subscriber may be far behind. */
export const RECEIPT_RETRY_MAX_MS = 60_000;
/** Questions of others that wait for their answer. Whoever is forgotten asks again. */
export const ANSWERS_WAITING_MAX = 4096;
/** The last number is repeated after this long a silence, then after twice as long … */
export const TAIL_REPEAT_MS = 100;
/** … and so often: over 100 seconds. */
export const TAIL_REPEATS_MAX = 10;
/** A subscriber looks at its clock this often. */
export const WATCH_INTERVAL_MS = 15_000;
/** A timer that comes later than this shows that we were stopped: we ask everybody anew. */
export const ABSENT_MS = 1000;
/** Between two warnings about frames that cannot be read. */
export const UNREADABLE_WARNING_MS = 60_000;

// Requests and streams.

/** Larger values go in pieces of this size, so that others get through in between. Also the largest piece of a stream of bytes. */
export const POSTED_PIECE_BYTES = 256 * 1024;
/** One value: an input, an answer, a value of a stream. */
export const POSTED_VALUE_BYTES_MAX = 64 * 1024 * 1024;
/** What one end of a channel may send before the other has read it; the value that goes beyond may still begin. */
export const WINDOW_BYTES = 1024 * 1024;
/** What a value counts beside its bytes, so that many empty ones are bounded too. */
export const VALUE_COST_BYTES = 64;
/** What is read is granted again once it is so much: a fraction of the window, so that the other never waits for it. */
export const GRANT_BYTES_MIN = WINDOW_BYTES / 4;
/** What a stream's writer may hand over without waiting. */
export const WRITTEN_BYTES_MAX = 64 * 1024 * 1024;
/** Pieces of values that are not whole yet, of one peer, over all its channels. */
export const ASSEMBLED_BYTES_MAX = 256 * 1024 * 1024;
/** Channels with one peer, those that it opened and those that we did each. */
export const CHANNELS_MAX = 4096;
/** Requests that wait for one handler while it works at as many as it may. */
export const CALLS_WAITING_MAX = 1024;
/** The same in bytes of their inputs. */
export const CALLS_WAITING_BYTES_MAX = 256 * 1024 * 1024;
/** Requests that a handler works at, where it says nothing else. */
export const CONCURRENCY_DEFAULT = 16;
/** Requests of one instance that wait to hear who handles them. */
export const ASKINGS_MAX = 4096;
/** Who handles what is asked of everybody once; who has not told by then is not waited for. */
export const DIRECTORY_WAIT_MS = 250;
/** Peers that were lost and may be met again, and how often they were met. */
export const MEETINGS_KEPT_MAX = 1024;
/** Of what failed: its code, its message, and what a handler adds; in UTF-8. A longer message is cut, longer data left out. */
export const CODE_BYTES_MAX = 64;
export const REASON_BYTES_MAX = 4096;
export const DETAIL_BYTES_MAX = 64 * 1024;
/** What a peer posts before we have met it: of one peer, and of how many. */
export const EARLY_POSTS_MAX = 256;
export const EARLY_BYTES_MAX = 1024 * 1024;
export const EARLY_PEERS_MAX = 16;

// Short questions from peer to peer.

/** A question, and an answer. */
export const ENQUIRY_BYTES_MAX = 64 * 1024;
/** Who has not answered by then is not waited for. */
export const ENQUIRY_PATIENCE_MS = 15_000;
