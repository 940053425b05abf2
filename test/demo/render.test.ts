import { stripVTControlCharacters, styleText } from 'node:util';

import { describe, expect, test } from 'vitest';

import { closingCommands, renderClosing } from '../../src/cli/demo/closing-table.js';
import type { DemoEvent } from '../../src/cli/demo/events.js';
import type { Paint } from '../../src/cli/demo/paint.js';
import { digestBlocks } from '../../src/cli/demo/paint.js';
import { renderLanes } from '../../src/cli/demo/render-lanes.js';
import { renderLog, renderScreen } from '../../src/cli/demo/render-screen.js';
import { copyReport, met, sceneOf } from './scene-of.js';

const plain: Paint = (_, text) => text;
const painted: Paint = (style, text) => styleText(style, text, { validateStream: false });

const contrast: readonly DemoEvent[] = [
  { kind: 'act-began', act: 'contrast' },
  { kind: 'bare-opened', copy: 1, toWrite: 500 },
  { kind: 'bare-opened', copy: 2, toWrite: 500 },
  { kind: 'bare-acknowledged', copy: 1, total: 500 },
  { kind: 'bare-acknowledged', copy: 2, total: 475 },
];

const killed: DemoEvent = { kind: 'killed', player: 2, pid: 104_712, lane: { player: 2, build: 'cjs' }, acknowledged: 1204 };

describe('the screen', () => {
  test('shows a lane for each copy, the writer marked, what is unknown left open', () => {
    expect(renderLanes(sceneOf(...met).lanes, 100, plain)).toMatchInlineSnapshot(`
      [
        "      pid     build  role         presets       lag      disk  digest        disk, last two seconds",
        "  1 ┌ 4711    ESM      …",
        "    └         CJS      …",
        "  2 ┌ 104712  ESM      follower       384         –         –  ███ 3fa2c1d0                        ",
        "    └         CJS    ◆ writer         384    0.8 ms    133 ms  ███ 3fa2c1d0                       █",
      ]
    `);
  });

  test('leaves out the curve where there is no room for it', () => {
    expect(renderLanes(sceneOf(...met).lanes, 80, plain)).toMatchInlineSnapshot(`
      [
        "      pid     build  role         presets       lag      disk  digest",
        "  1 ┌ 4711    ESM      …",
        "    └         CJS      …",
        "  2 ┌ 104712  ESM      follower       384         –         –  ███ 3fa2c1d0",
        "    └         CJS    ◆ writer         384    0.8 ms    133 ms  ███ 3fa2c1d0",
      ]
    `);
  });

  test('strikes the lanes of a killed process, whatever it still reports', () => {
    const late: DemoEvent = { kind: 'reported', player: 2, copies: [copyReport(), copyReport({ build: 'cjs' })] };
    const lanes = sceneOf(...met, killed, late).lanes.filter(({ player }) => player === 2);
    expect(lanes.map(({ state }) => state)).toEqual(['killed', 'killed']);
    expect(renderLanes(lanes, 100, plain).slice(1)).toMatchInlineSnapshot(`
      [
        "  2 ┌ 104712  ESM  ✗ killed",
        "    └         CJS  ✗ killed",
      ]
    `);
  });

  test('opens with the contrast', () => {
    expect(renderScreen(sceneOf(...contrast), { columns: 100, rows: 30, atMs: 1200 }, plain)).toMatchInlineSnapshot(`
      " socomm  contrast › meeting › import › edits › kill › reckoning › replacement › cold start     1.2 s

          one process, one directory, the addon loaded twice

          copy 1 of level   ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 500 acknowledged
          copy 2 of level   ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━── 475 acknowledged




        0.00 s ▸ without socomm: two copies of bare level on one directory
        0.25 s · copy 1 of level opened the directory; nothing refused it
        0.50 s · copy 2 of level opened the directory; nothing refused it"
    `);
  });

  test('tells what was lost, and says so just as well when nothing was', () => {
    const lost = sceneOf(...contrast, { kind: 'bare-ended', outcome: { kind: 'counted', acknowledged: 1000, found: 500 } });
    expect(lost.lines.at(-1)).toMatchObject({
      tone: 'bad',
      text: '1,000 records acknowledged, 500 found: 500 are gone, and no call failed',
    });
    const kept = sceneOf(...contrast, { kind: 'bare-ended', outcome: { kind: 'counted', acknowledged: 1000, found: 1000 } });
    expect(kept.lines.at(-1)).toMatchObject({ tone: 'plain', text: '1,000 records acknowledged, and this time all of them are there' });
  });

  test.each([
    [100, 30],
    [80, 24],
    [80, 15],
  ])('fits %i columns and %i rows with ten lanes and a long log, coloured or not', (columns, rows) => {
    const events: DemoEvent[] = [...met];
    for (let player = 3; player <= 5; player++) {
      events.push(
        { kind: 'player-started', player, pid: 4_194_304 },
        { kind: 'reported', player, copies: [copyReport(), copyReport({ build: 'cjs', diskMs: 12_345 })] },
      );
    }
    events.push({ kind: 'progressed', done: 3482, total: 3482 }, { kind: 'acknowledged', total: 12_345 });
    for (let count = 0; count < 40; count++) events.push({ kind: 'failed', message: 'a long message '.repeat(12) });
    const text = renderScreen(sceneOf(...events), { columns, rows, atMs: 123_456 }, painted);
    expect(stripVTControlCharacters(text)).toBe(renderScreen(sceneOf(...events), { columns, rows, atMs: 123_456 }, plain));
    const lines = stripVTControlCharacters(text).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    if (rows >= 24) expect(lines.length).toBeLessThan(rows);
  });

  test('cuts no line that tells what went wrong', () => {
    const message = Array.from({ length: 40 }, (_, n) => `word${n}`).join(' ');
    for (const lines of [
      renderLog(sceneOf({ kind: 'failed', message }).lines, 80, plain),
      renderScreen(sceneOf({ kind: 'failed', message }), { columns: 80, rows: 30, atMs: 0 }, plain).split('\n'),
    ]) {
      expect(lines.join(' ').replaceAll(/\s+/g, ' ')).toContain(`✗ ${message}`);
      expect(lines.filter((line) => line.includes('word')).join('')).not.toContain('…');
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    }
  });

  test('gives different digests different colours', () => {
    expect(digestBlocks('3fa2c1d09b', painted)).not.toBe(digestBlocks('40a2c1d09b', painted));
    expect(stripVTControlCharacters(digestBlocks('3fa2c1d09b', painted))).toBe('███');
  });
});

describe('the closing table', () => {
  test('says what was measured, what was checked, and how to go on', () => {
    const figures = {
      presets: 384,
      digest: '3fa2c1d09b',
      convergenceMs: 8.4,
      takeoverMs: 31,
      acknowledgedAgainMs: 44.4,
      storeBytes: 1_234_567,
      directory: '/somewhere',
    };
    const report = { isGood: true, checks: [], unreached: [], figures };
    expect(renderClosing(report, closingCommands('pad-amber-veil', undefined), plain)).toMatchInlineSnapshot(`
      [
        "",
        "  presets                 384",
        "  digest of all eight     3fa2c1d0",
        "  equal at all eight      8.4 ms after the last set",
        "  takeover after kill -9  31 ms; on disk again after 44 ms",
        "  store                   1.2 MB in /somewhere",
        "",
        "  ✓ 15 checks, all true",
        "",
        "  The store stays. Look around:",
        "    npx socomm status socomm.demo",
        "    npx socomm library socomm.demo show pad-amber-veil",
        "    npm run demo -- --stay",
        "",
      ]
    `);
  });

  test('names what was not true and what was never reached', () => {
    const checks = [{ check: 'eight peers met', isTrue: false, detail: 'seven did' }];
    const text = renderClosing({ isGood: false, checks, unreached: ['a fresh player caught up'], figures: {} }, [], plain).join('\n');
    expect(text).toContain('not true: eight peers met: seven did');
    expect(text).toContain('not reached: a fresh player caught up');
    expect(text).not.toContain('all true');
  });

  test('prints commands that a shell takes as they are', () => {
    expect(closingCommands("Bank 1/It's ~", '/tmp/a b')).toEqual([
      "npx socomm status socomm.demo --directory '/tmp/a b'",
      "npx socomm library socomm.demo show 'Bank 1/It'\\''s ~' --directory '/tmp/a b'",
      "npm run demo -- --stay --directory '/tmp/a b'",
    ]);
  });
});
