/**
 * A player: a process that loads the package twice, as ESM and as CJS, joins the group with each copy, and does what the
 * presenter orders. This file is its entry; nothing imports it.
 *
 * It must never outlive the presenter: when the channel goes, it closes its copies in order and ends. Ctrl-C, and
 * the end of a terminal, reach the whole foreground group and are ignored here; the presenter closes everybody in order.
 */

import { createRequire } from 'node:module';

import { describe, systemCode, unreachable } from '../../base/errors.js';
import { seededRandom } from '../../base/random.js';
import { Copy, LIBRARY_DOCUMENT } from './copy.js';
import { importSource } from './import-source.js';
import { BUILDS } from './messages.js';
import type { Answers, Asked, Build, CopyReport, ImportAnswer, Order, Said } from './messages.js';

type Socomm = typeof import('../../index.js') & typeof import('../../library/index.js');
type JoinOrder = Extract<Order, { kind: 'join' }>;
type EditOrder = Extract<Order, { kind: 'edit' }>;

const REPORT_EVERY_MS = 100;

class Player {
  readonly #loaded: ReadonlyMap<Build, Socomm>;
  readonly #copies = new Map<Build, Copy>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #isClosed = false;

  constructor(loaded: ReadonlyMap<Build, Socomm>) {
    this.#loaded = loaded;
  }

  async perform(order: Order): Promise<Answers[Order['kind']]> {
    switch (order.kind) {
      case 'join':
        return this.#join(order);
      case 'import':
        return this.#import(this.#copy(order.build), order);
      case 'edit':
        return this.#edit(order);
      case 'rest':
        return this.#rest();
      case 'flush':
        return this.#flush();
      case 'recite':
        return this.#copy(order.build).recite();
      case 'look':
        return { copies: this.#reports({ withContent: true }), directory: this.#copy('esm').instance.inspect().directory };
      case 'close':
        return this.#close();
      default:
        return unreachable(order);
    }
  }

  /** Both at once, as two plug-in formats in one host would. */
  async #join({ place: { group, ...options }, seed }: JoinOrder): Promise<Answers['join']> {
    const startedAtMs = performance.now();
    await Promise.all(
      [...this.#loaded].map(async ([build, socomm]) => {
        const instance = await socomm.join(group, options);
        const library = await socomm.openLibrary(instance);
        const document = await instance.document(LIBRARY_DOCUMENT);
        const copy = new Copy({ build, instance, library, document, random: seededRandom(seed + BUILDS.indexOf(build)), say });
        this.#copies.set(build, copy);
        // The presenter may have gone while we joined: nobody else would close this one.
        if (this.#isClosed) await copy.close();
      }),
    );
    this.#every(REPORT_EVERY_MS, () => say({ kind: 'reported', copies: this.#reports({ withContent: false }) }));
    return { tookMs: performance.now() - startedAtMs, copies: this.#reports({ withContent: false }) };
  }

  #import(copy: Copy, { source }: Extract<Order, { kind: 'import' }>): Promise<ImportAnswer> {
    return importSource(copy.library, source, (done, total) => say({ kind: 'progressed', done, total }));
  }

  #edit({ perSecond, keys }: EditOrder): null {
    for (const copy of this.#copies.values()) this.#every(1000 / perSecond, () => copy.edit(keys));
    return null;
  }

  async #rest(): Promise<Answers['rest']> {
    this.#stopTimers();
    const failures = await Promise.all([...this.#copies.values()].map((copy) => copy.rest()));
    this.#every(REPORT_EVERY_MS, () => say({ kind: 'reported', copies: this.#reports({ withContent: false }) }));
    return { failures: failures.flat() };
  }

  async #flush(): Promise<null> {
    await Promise.all([...this.#copies.values()].map((copy) => copy.instance.flush()));
    return null;
  }

  async #close(): Promise<null> {
    this.#isClosed = true;
    this.#stopTimers();
    for (const copy of this.#copies.values()) await copy.close();
    return null;
  }

  #reports(options: { readonly withContent: boolean }): CopyReport[] {
    return BUILDS.flatMap((build) => this.#copies.get(build)?.report(options) ?? []);
  }

  #copy(build: Build): Copy {
    const copy = this.#copies.get(build);
    if (copy === undefined) throw new Error(`the ${build} copy has not joined`);
    return copy;
  }

  #every(periodMs: number, action: () => void): void {
    if (!this.#isClosed) this.#timers.add(setInterval(action, periodMs));
  }

  #stopTimers(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers.clear();
  }
}

/**
 * By path: through the package's `exports` Node may give one copy to `import` and `require` alike. Yjs, loaded twice too,
 * says so on the console: exactly that line is caught, and the presenter explains it. All else goes to standard error.
 */
async function loadBoth(): Promise<{ readonly loaded: ReadonlyMap<Build, Socomm>; readonly sawDoubleImport: boolean }> {
  let sawDoubleImport = false;
  const original = console.error;
  console.error = (...said: unknown[]): void => {
    if (typeof said[0] === 'string' && said[0].startsWith('Yjs was already imported.')) sawDoubleImport = true;
    else original(...said);
  };
  try {
    const require = createRequire(import.meta.url);
    const esm = { ...(await import('../../index.js')), ...(await import('../../library/index.js')) };
    const other = (entry: string): object => require(`../../../../cjs/src/${entry}`) as object;
    const cjs = { ...other('index.js'), ...other('library/index.js') } as Socomm;
    return {
      loaded: new Map([
        ['esm', esm],
        ['cjs', cjs],
      ]),
      sawDoubleImport,
    };
  } finally {
    console.error = original;
  }
}

function say(said: Said): void {
  // The channel may close between a timer and its callback; then nobody listens any more.
  // It may also break within the call, which would be an error that nobody hears.
  if (process.connected) process.send?.(said, undefined, undefined, () => undefined);
}

async function start(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const { loaded, sawDoubleImport } = await loadBoth();
  const player = new Player(loaded);
  process.on('message', (message) => {
    const { id, order } = message as Asked;
    player
      .perform(order)
      .then(
        (answer) => say({ kind: 'answered', id, answer }),
        (error: unknown) => say({ kind: 'refused', id, code: systemCode(error), message: describe(error) }),
      )
      .finally(() => {
        if (order.kind === 'close') process.disconnect();
      });
  });
  process.once('disconnect', () => void player.perform({ kind: 'close' }));
  say({ kind: 'loaded', sawDoubleImport });
}

await start();
