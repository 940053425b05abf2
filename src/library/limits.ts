/** The library's limits. Each stands in docs/LIMITS.md with its reason. */

export const PRESET_ID_CHARACTERS_MAX = 256;
export const PRESET_NAME_CHARACTERS_MAX = 256;
/** Of category and author. */
export const PRESET_WORD_CHARACTERS_MAX = 128;
export const TAG_CHARACTERS_MAX = 64;
export const TAGS_MAX = 64;
export const COMMENT_CHARACTERS_MAX = 4096;
export const EXTRA_CHARACTERS_MAX = 8192;
export const RATING_MAX = 5;
/** Presets in one `addMany()`. */
export const ENTRIES_MAX = 1000;
/** Of one place in the bank. Beyond it neighbours get new ones. */
export const ORDER_KEY_CHARACTERS_MAX = 64;
/** What an instance can take back. */
export const UNDO_STEPS_MAX = 500;
