/** Stores as they are not made any more, or no longer whole: made of one that was closed in order. */

import { readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** All of the content as one record, in the format of version 0.1. */
export async function turnIntoFormat1(life) {
  // Only here: whoever needs no old store need not load them.
  const [Y, { writeUint8 }] = [await import('yjs'), await import('lib0/encoding')];
  const { openDatabase } = await life.internal('storage/level-open.js');
  const { encodeMeta } = await life.internal('storage/entries.js');
  const { documentKey, logKey } = await life.internal('storage/keys.js');
  const { encodeRecord } = await life.internal('storage/records.js');
  const { seal } = await life.internal('storage/sealed.js');
  const note = JSON.parse(readFileSync(join(life.directory, 'store.json'), 'utf8'));
  const owner = JSON.parse(readFileSync(join(life.directory, 'owner.json'), 'utf8'));
  const [term, batch] = [owner.term, owner.cleanBatch];
  const doc = new Y.Doc();
  for (const [key, value] of Object.entries(life.state)) doc.getMap('presets').set(key, value);
  const update = Y.encodeStateAsUpdate(doc);
  const record = { number: 1, term, batch, offset: 0, previous: undefined, isTakeover: false, origins: new Map(), update };
  const values = {
    meta: encodeMeta({ format: 1, storeId: note.storeId, term, batch, records: 1 }),
    [documentKey('main')]: seal('document', 'main', (encoder) => writeUint8(encoder, 0)).bytes,
    [logKey('main', 1)]: encodeRecord('main', record).bytes,
  };
  const database = await openDatabase(join(life.directory, 'level'), 'present');
  const operations = [];
  for await (const key of database.keys({ gte: '', lt: '\uFFFF' })) operations.push({ type: 'del', key });
  for (const [key, value] of Object.entries(values)) operations.push({ type: 'put', key, value });
  await database.batch(operations, { sync: true });
  await database.close();
  writeFileSync(join(life.directory, 'store.json'), JSON.stringify({ ...note, format: 1 }));
  writeFileSync(join(life.directory, 'owner.json'), JSON.stringify({ term, storeId: note.storeId, cleanBatch: batch }));
}

/** One bit of a chunk of the newest snapshot; the older one is whole. */
export async function damageSnapshot(life) {
  const { openDatabase } = await life.internal('storage/level-open.js');
  const { chunkRange } = await life.internal('storage/keys.js');
  const database = await openDatabase(join(life.directory, 'level'), 'present');
  const keys = [];
  for await (const key of database.keys(chunkRange('main'))) if (/\/\d+$/.test(key)) keys.push(key);
  if (keys.length < 2) throw new Error(`there is no older snapshot: ${keys.join(', ')}`);
  const key = keys.at(-1);
  const value = Uint8Array.from(await database.get(key));
  value[value.length >> 1] ^= 1;
  await database.batch([{ type: 'put', key, value }], { sync: true });
  await database.close();
  // LevelDB's own files have changed since: this is no orderly close any more.
  const owner = JSON.parse(readFileSync(join(life.directory, 'owner.json'), 'utf8'));
  writeFileSync(join(life.directory, 'owner.json'), JSON.stringify({ ...owner, cleanBatch: undefined, files: undefined }));
}

/** What says which of LevelDB's files count is half gone; all that was written lies in the others. */
export function cutManifest(life) {
  const level = join(life.directory, 'level');
  const name = readdirSync(level).find((each) => each.startsWith('MANIFEST-'));
  if (name === undefined) throw new Error('there is no MANIFEST');
  truncateSync(join(level, name), statSync(join(level, name)).size >> 1);
}
