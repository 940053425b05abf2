/** A library over Yjs alone, folders, and what lies in them. */

import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import type { Library } from '../../src/library/index.js';
import { replicas } from '../library/replicas.js';
import type { BoxOfBlobs, Replica } from '../library/replicas.js';

export async function openHere(blobs?: BoxOfBlobs): Promise<{ readonly library: Library<unknown>; readonly replica: Replica }> {
  const [replica] = replicas(1, blobs) as [Replica];
  return { library: await replica.open(), replica };
}

/** Every file of a folder by its path, unpacked. */
export function filesIn(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(names.toSorted().map((name) => [name, textIn(join(folder, name))]));
}

export function textIn(file: string): string {
  const bytes = readFileSync(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
}

/** Everything that people see of a library, with the parameters. */
export async function contentOf(library: Library<unknown>): Promise<readonly unknown[]> {
  const presets = library.list();
  return Promise.all(
    presets.map(async ({ body, isComplete: _, ...preset }) => ({ ...preset, body: body && (await library.body(preset.id)) })),
  );
}
