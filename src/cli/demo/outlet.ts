/**
 * Three ways to show the same events: a screen that is redrawn, plain lines (one for each event, for pipes and CI), and
 * JSON, one object for each event. Reports of copies come often and only move lanes: plain lines leave them out.
 */

import { createLogUpdate } from 'log-update';

import type { Terminal } from '../output/terminal.js';
import { renderClosing } from './closing-table.js';
import { describeEvent } from './event-line.js';
import type { DemoEvent } from './events.js';
import type { Paint } from './paint.js';
import { renderLanes } from './render-lanes.js';
import { renderLog, renderScreen } from './render-screen.js';
import { applyEvent, emptyScene } from './scene.js';
import type { Scene } from './scene.js';

export interface Outlet {
  show(event: DemoEvent): void;
  /** Gives the terminal back. Idempotent. */
  close(): void;
}

export function openOutlet(terminal: Terminal, options: { readonly isJson: boolean }): Outlet {
  // One style at a time: given several, Node 20's `styleText` colours pipes and files too.
  const paint: Paint = (styles, text) => [styles].flat().reduce((painted, style) => terminal.style(style, painted), text);
  const startedAtMs = performance.now();
  const elapsedMs = (): number => performance.now() - startedAtMs;
  if (options.isJson) return openJson(terminal, elapsedMs);
  return terminal.isOutTty && process.env['TERM'] !== 'dumb' ? new Screen(paint, elapsedMs) : openLines(terminal, paint, elapsedMs);
}

function openJson(terminal: Terminal, elapsedMs: () => number): Outlet {
  return {
    show: (event) => terminal.print(JSON.stringify({ atMs: Math.round(elapsedMs()), ...event })),
    close: () => undefined,
  };
}

function openLines(terminal: Terminal, paint: Paint, elapsedMs: () => number): Outlet {
  return {
    show: (event) => {
      const line = describeEvent(event);
      if (line !== undefined) terminal.print(...renderLog([{ ...line, atMs: elapsedMs() }], Infinity, paint));
      if (event.kind === 'concluded') terminal.print(...renderClosing(event.report, event.commands, paint));
    },
    close: () => undefined,
  };
}

/** Often enough to look alive, seldom enough to leave the processor to the eight. */
const FRAME_MS = 80;

/** Redrawn in place while the story goes on. At the end all of it is written once more, to stay in the scrollback. */
class Screen implements Outlet {
  readonly #paint: Paint;
  readonly #elapsedMs: () => number;
  readonly #draw = createLogUpdate(process.stdout);
  readonly #timer: NodeJS.Timeout;
  #scene: Scene = emptyScene;
  #isOpen = true;

  constructor(paint: Paint, elapsedMs: () => number) {
    this.#paint = paint;
    this.#elapsedMs = elapsedMs;
    this.#timer = setInterval(() => this.#redraw(), FRAME_MS);
  }

  show(event: DemoEvent): void {
    this.#scene = applyEvent(this.#scene, event, this.#elapsedMs());
    if (event.kind === 'concluded') this.#persist(renderClosing(event.report, event.commands, this.#paint));
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearInterval(this.#timer);
    this.#persist([]);
    this.#draw.done();
  }

  /** The log so far, and what follows it, for good; the screen goes on below with what is new. */
  #persist(lines: readonly string[]): void {
    this.#draw.clear();
    const log = renderLog(this.#scene.lines, process.stdout.columns, this.#paint);
    const lanes = lines.length === 0 ? [] : ['', ...renderLanes(this.#scene.lanes, process.stdout.columns, this.#paint)];
    const all = [...log, ...lanes, ...lines];
    if (all.length > 0) process.stdout.write(`${all.join('\n')}\n`);
    this.#scene = { ...this.#scene, lines: [] };
  }

  #redraw(): void {
    const { columns, rows } = process.stdout;
    this.#draw(renderScreen(this.#scene, { columns, rows, atMs: this.#elapsedMs() }, this.#paint));
  }
}
