/** What an item holds, as Yjs reads it: of the kinds that are frequent. */

import * as Y from 'yjs';

type Decoder = Y.UpdateDecoderV1 | Y.UpdateDecoderV2;
export type Content = Y.Item['content'];

/** Undefined for what Yjs has to read itself: subdocuments, the JSON of old versions, types of the DOM. */
export function readContent(decoder: Decoder, kind: number): Content | undefined {
  switch (kind) {
    case 1:
      return new Y.ContentDeleted(decoder.readLen());
    case 3:
      return new Y.ContentBinary(decoder.readBuf());
    case 4:
      return new Y.ContentString(decoder.readString());
    case 5:
      return new Y.ContentEmbed(decoder.readJSON() as object);
    case 6:
      return new Y.ContentFormat(decoder.readKey(), decoder.readJSON() as object);
    case 7:
      return readType(decoder);
    case 8:
      return readValues(decoder);
    default:
      return undefined;
  }
}

function readType(decoder: Decoder): Y.ContentType | undefined {
  switch (decoder.readTypeRef()) {
    case 0:
      return new Y.ContentType(new Y.Array());
    case 1:
      return new Y.ContentType(new Y.Map());
    case 2:
      return new Y.ContentType(new Y.Text());
    case 3:
      return new Y.ContentType(new Y.XmlElement(decoder.readKey()));
    case 4:
      return new Y.ContentType(new Y.XmlFragment());
    case 6:
      return new Y.ContentType(new Y.XmlText());
    default:
      return undefined;
  }
}

function readValues(decoder: Decoder): Y.ContentAny {
  const count = decoder.readLen();
  // Said like this, V8 keeps no room for sixteen more.
  if (count === 1) return new Y.ContentAny([decoder.readAny()]);
  const values: unknown[] = [];
  for (let left = count; left > 0; left--) values.push(decoder.readAny());
  return new Y.ContentAny(values);
}
