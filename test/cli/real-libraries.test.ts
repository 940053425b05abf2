import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { folderOf } from './files.js';
import { PlaceHere } from './in-process.js';

const DATA = join(import.meta.dirname, '../../../shared/data');
const LIBRARIES = [
  { file: join(DATA, 'helm/helm-presets.jsonl.gz'), presets: 274 },
  { file: join(DATA, 'obxf/obxf-presets.jsonl.gz'), presets: 488 },
  { file: join(DATA, 'amsynth/amsynth-presets.jsonl.gz'), presets: 3482 },
] as const;
const HELM_FILES = join(DATA, 'helm/helm-factory-presets.tar.gz');

const missing = [...LIBRARIES.map(({ file }) => file), HELM_FILES].filter((file) => !existsSync(file));

interface Preset {
  readonly id: string;
}

function presetsIn(file: string): readonly Preset[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Preset);
}

describe.skipIf(missing.length > 0)(`the real libraries${missing.length > 0 ? ` (skipped: ${missing.join(', ')} missing)` : ''}`, () => {
  test(
    'come back from one group with nothing lost and nothing changed, and change nothing the second time',
    { timeout: 120_000 },
    async () => {
      const place = new PlaceHere();
      const files = LIBRARIES.map(({ file }) => file);
      const total = LIBRARIES.reduce((sum, { presets }) => sum + presets, 0);
      const first = await place.socomm('import', 'library', ...files, '--json');
      expect(JSON.parse(first.out)).toMatchObject({ read: total, added: total, changed: 0, unchanged: 0, problems: [], skipped: [] });
      expect(first.code).toBe(0);

      const exported = join(place.folder, 'library.jsonl.gz');
      expect(await place.socomm('export', 'library', exported)).toMatchObject({ code: 0 });
      const byId = new Map(presetsIn(exported).map((preset) => [preset.id, preset]));
      expect(byId.size).toBe(total);
      const differing = files.flatMap(presetsIn).filter((preset) => !isDeepStrictEqual(byId.get(preset.id), preset));
      expect(differing).toEqual([]);

      const again = await place.socomm('import', 'library', ...files, exported, '--json');
      expect(JSON.parse(again.out)).toMatchObject({ read: 2 * total, added: 0, changed: 0, unchanged: 2 * total, problems: [] });
    },
  );

  test('come from a folder of .helm files under their names', { timeout: 120_000 }, async () => {
    const place = new PlaceHere();
    const folder = folderOf();
    execFileSync('tar', ['-xzf', HELM_FILES, '-C', folder]);
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.helm'));
    expect(names).toHaveLength(274);
    const { out } = await place.socomm('import', 'helm', folder, '--json');
    expect(JSON.parse(out)).toMatchObject({ read: 274, added: 274, problems: [] });
    const presets = JSON.parse((await place.socomm('get', 'helm', '/presets')).out) as Record<string, unknown>;
    for (const name of names) {
      const stored = presets[name.normalize('NFC').replace(/\.helm$/, '')];
      expect(isDeepStrictEqual(stored, JSON.parse(readFileSync(join(folder, name), 'utf8'))), name).toBe(true);
    }
  });
});
