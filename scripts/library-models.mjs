// @ts-check
/**
 * Ways to keep 10,000 presets in a Yjs document: bytes, and how long Yjs takes to load them. The figures of docs/LIBRARY.md.
 *
 *   node scripts/library-models.mjs
 */

import * as Y from 'yjs';

const PRESETS = 10_000;
const LOADS = 7;
const WORDS = ['Deep', 'Warm', 'Glass', 'Tape', 'Solar', 'Rusty', 'Slow', 'Night', 'Grand', 'Phase', 'Wood', 'Bass'];
const TAGS = ['bass', 'lead', 'pad', 'warm', 'bright', 'dark', 'pluck', 'keys', 'fx', 'arp'];

const presets = Array.from({ length: PRESETS }, (_, at) => {
  const hash = (at * 2_654_435_761).toString(16).padStart(16, '0').slice(-16).repeat(4);
  return {
    id: at.toString(36).padStart(16, 'p'),
    tags: TAGS.filter((_tag, nth) => (at * 7 + nth * 3) % 5 === 0),
    fields: {
      name: `${WORDS[at % 12]} ${WORDS[(at * 5) % 11]} ${at % 97}`,
      category: WORDS[(at * 3) % 12],
      author: `${WORDS[(at * 7) % 12]} Audio`,
      order: `a0xY2w${at.toString(36).padStart(3, '0')}1`,
      body: hash,
      bytes: 2000 + (at % 999),
      version: 1,
    },
  };
});

/** @type {Record<string, (doc: Y.Doc) => void>} */
const models = {
  'nested maps'(doc) {
    for (const { id, tags, fields } of presets) {
      const map = new Y.Map();
      for (const [field, value] of Object.entries(fields)) map.set(field, value);
      for (const tag of tags) map.set(`tag:${tag}`, true);
      doc.getMap('presets').set(id, map);
    }
  },
  'a key for each field'(doc) {
    const map = doc.getMap('presets');
    for (const { id, tags, fields } of presets) {
      for (const [field, value] of Object.entries(fields)) map.set(`${field}\n${id}`, value);
      for (const tag of tags) map.set(`tag\n${id}\n${tag}`, true);
    }
  },
  'plain objects'(doc) {
    for (const { id, tags, fields } of presets) doc.getMap('presets').set(id, { ...fields, tags });
  },
  'JSON text'(doc) {
    for (const { id, tags, fields } of presets) doc.getMap('presets').set(id, JSON.stringify({ ...fields, tags }));
  },
};

for (const [name, fill] of Object.entries(models)) {
  const doc = new Y.Doc();
  doc.transact(() => fill(doc));
  const bytes = Y.encodeStateAsUpdate(doc);
  const times = Array.from({ length: LOADS }, () => {
    const copy = new Y.Doc();
    const startedAt = performance.now();
    Y.applyUpdate(copy, bytes);
    return performance.now() - startedAt;
  });
  console.log(`${name.padEnd(22)} ${bytes.length} bytes, ${Math.min(...times).toFixed(0)} ms at best`);
}
