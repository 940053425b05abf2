/** Warnings for which a simulated group gives no reason. */

/** Nothing here gives reason to these: they tell of bugs. */
export const NEVER = new Set([
  'step-failed',
  'snapshot-refused',
  'store-damaged',
  'client-id-clash',
  'version-refused',
  'step-down-failed',
  'value-removed',
  'close-failed',
  'answer-too-large',
  'spill-incomplete',
  'spill-damaged',
  'spill-foreign',
  'spill-unread',
]);
/** Honest peers send nothing that is to be rejected. */
export const REJECTIONS = new Set(['update-rejected', 'frame-rejected', 'sender-muted']);
