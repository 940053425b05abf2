// @ts-check
/**
 * Torture of one store by several processes with several loaded copies each: kills, stops, orderly ends and restarts by chance,
 * then everybody is killed and one process looks at what is left. What is acknowledged goes into a file outside the store at once.
 * The seed decides what is done to whom; when exactly it hits is the machine's chance.
 */

import { fork } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { checkContent, checkOffices } from './checks.mjs';
import { makeCopies } from './copies.mjs';
import { seededFraction } from './chance.mjs';
import { locksOn } from './lock-looks.mjs';
import { Victim } from './victim.mjs';

/** @typedef {import('./checks.mjs').Account} Account */

/**
 * @typedef {object} Torture
 * @property {string} folder Empty; everything is made below it, and is left there.
 * @property {number} seconds
 * @property {number} processes
 * @property {number} copies In each process.
 * @property {number} seed
 * @property {boolean} [hasLock] False: every candidate is told that it has the lock. Then this must find violations.
 */

/** @typedef {{ figures: Record<string, number | string>, violations: string[] }} Outcome */

const READER = fileURLToPath(new URL('reader.mjs', import.meta.url));

/** That a process is harmed while it is starting. */
const EARLY_CHANCE = 0.2;
const EARLY_MS_MAX = 1000;
const START_MS_MAX = 5000;
const PAUSE_MS_MAX = 400;
const STOP_MS_MAX = 2500;
const RESTART_MS_MAX = 300;
const LOOK_MS = 20;
/** What closes in order is given this long before it is killed. */
const CLOSE_MS_MAX = 15_000;

/**
 * @param {Torture} torture
 * @returns {Promise<Outcome>}
 */
export async function torture(torture) {
  const run = new Run(torture);
  await run.go();
  return run.outcome();
}

class Run {
  /** @readonly */
  #torture;
  /** @readonly */
  #random;
  /** @readonly */
  #directory;
  /** @readonly */
  #runtimeDirectory;
  /** @readonly */
  #journal;
  /** @readonly */
  #acknowledgements;
  /** @readonly @type {string[]} */
  #builds;
  /** @readonly @type {Map<string, Account>} */
  #accounts = new Map();
  /** @readonly @type {Map<number, Victim>} */
  #members = new Map();
  /** @readonly @type {Record<string, number>} */
  #counts = {
    started: 0,
    killed: 0,
    'killed while stopped': 0,
    stopped: 0,
    closed: 0,
    changes: 0,
    acknowledged: 0,
    rejoined: 0,
    'looks at the lock': 0,
  };
  /** @readonly @type {Record<string, number>} */
  #refusals = {};
  /** @readonly @type {string[]} */
  #violations = [];
  #term = 0;

  /** @param {Torture} torture */
  constructor(torture) {
    this.#torture = torture;
    this.#random = seededFraction(torture.seed);
    const { folder, copies } = torture;
    this.#directory = join(folder, 's');
    this.#runtimeDirectory = join(folder, 'r');
    this.#journal = join(folder, 'journal');
    this.#acknowledgements = join(folder, 'acknowledged');
    mkdirSync(folder, { recursive: true });
    this.#builds = makeCopies(copies, folder);
  }

  async go() {
    const endsAt = performance.now() + this.#torture.seconds * 1000;
    const isOver = () => performance.now() > endsAt;
    const look = setInterval(() => this.#lookAtLock(), LOOK_MS);
    await Promise.all(Array.from({ length: this.#torture.processes }, (_, slot) => this.#occupy(slot, isOver)));
    clearInterval(look);
    const content = await this.#read();
    if (content !== undefined) this.#violations.push(...checkContent(this.#accounts, content));
  }

  /** @returns {Outcome} */
  outcome() {
    const lines = existsSync(this.#journal) ? readFileSync(this.#journal, 'utf8').trim().split('\n').filter(Boolean) : [];
    const { violations, ...offices } = checkOffices(lines.map((line) => JSON.parse(line)));
    const refusals = Object.entries(this.#refusals).map(([code, count]) => `${code} ×${count}`);
    const all = [...violations, ...this.#violations];
    if (all.length > 0) writeFileSync(join(this.#torture.folder, 'violations'), `${all.join('\n')}\n`);
    return {
      figures: { ...this.#counts, ...offices, refused: refusals.length === 0 ? 'none' : refusals.join(', '), violations: all.length },
      violations: all,
    };
  }

  /**
   * One process after the other in one place.
   * @param {number} slot
   * @param {() => boolean} isOver
   */
  async #occupy(slot, isOver) {
    for (let life = 0; !isOver(); life++) {
      const member = this.#start(`p${slot}.${life}`);
      this.#members.set(slot, member);
      await this.#ordeal(member, isOver);
      await member.ended;
      this.#members.delete(slot);
      await pause(this.#random() * RESTART_MS_MAX);
    }
  }

  /**
   * Ends with the process killed or told to close.
   * @param {Victim} member
   * @param {() => boolean} isOver
   */
  async #ordeal(member, isOver) {
    // Mostly it is let to its work first; now and then it does not get that far.
    const startMs = this.#random() < EARLY_CHANCE ? this.#random() * EARLY_MS_MAX : START_MS_MAX;
    await Promise.race([member.acknowledged, member.ended, pause(startMs)]);
    for (;;) {
      await Promise.race([pause(50 + this.#random() * PAUSE_MS_MAX), member.ended]);
      if (member.hasEnded) return;
      const lot = this.#random();
      if (isOver() || lot < 0.3) {
        this.#kill(member, 'killed');
        return;
      }
      if (lot < 0.35) {
        // Everybody in one moment, as when the power goes.
        for (const each of this.#members.values()) if (!each.hasEnded) this.#kill(each, 'killed');
        return;
      }
      if (lot < 0.5) {
        await this.#close(member);
        return;
      }
      if (lot < 0.75 && (await this.#stop(member))) return;
    }
  }

  /**
   * @param {Victim} member
   * @returns {Promise<boolean>} Whether it was killed before it could go on.
   */
  async #stop(member) {
    this.#count('stopped');
    member.signal('SIGSTOP');
    await Promise.race([pause(this.#random() * STOP_MS_MAX), member.ended]);
    if (this.#random() < 0.3) {
      this.#kill(member, 'killed while stopped');
      return true;
    }
    member.signal('SIGCONT');
    return false;
  }

  /** @param {Victim} member */
  async #close(member) {
    member.tellToClose();
    await Promise.race([member.ended, pause(CLOSE_MS_MAX)]);
    if (member.hasEnded) this.#count('closed');
    else this.#kill(member, 'killed');
  }

  /**
   * @param {Victim} member
   * @param {string} how
   */
  #kill(member, how) {
    if (member.hasEnded || member.isKilled) return;
    this.#count(how);
    // Before the kill, so that nobody's office can begin between it and this line.
    appendFileSync(this.#journal, `${JSON.stringify({ kind: 'ended', pid: member.pid })}\n`);
    member.kill();
  }

  /** @param {string} name */
  #start(name) {
    this.#count('started');
    const { seed, hasLock = true } = this.#torture;
    const order = {
      builds: this.#builds,
      directory: this.#directory,
      runtimeDirectory: this.#runtimeDirectory,
      journal: this.#journal,
      seed: (seed * 1_000_003 + Math.floor(this.#random() * 2 ** 31)) >>> 0,
      name,
      hasLock,
    };
    const member = new Victim({ order, folder: this.#torture.folder, hear: (line) => this.#hear(line) });
    void member.ended.then((end) => {
      appendFileSync(this.#journal, `${JSON.stringify({ kind: 'ended', pid: member.pid })}\n`);
      if (!member.isKilled && end.code !== 0) this.#violations.push(member.accountOf(end));
    });
    return member;
  }

  /** @param {string} line */
  #hear(line) {
    const [word, name = '', version = '', key = '', kind] = line.split(' ');
    if (word === 'did') {
      this.#count('changes');
      this.#accountOf(name).changes.push({ version: Number(version), key, isDeletion: kind === 'delete' });
    } else if (word === 'ack') {
      this.#count('acknowledged');
      appendFileSync(this.#acknowledgements, `${line}\n`);
      this.#accountOf(name).acknowledged = Number(version);
      // Not in order across processes: a word that has been on its way for long counts all the same.
      this.#term = Math.max(this.#term, Number(key));
    } else if (word === 'rejoined') this.#count('rejoined');
    else if (word === 'stale') {
      this.#count('rejoined');
      this.#violations.push(`it joined, and was given what was there before: ${line}`);
    } else if (word === 'refused') this.#refusals[name] = (this.#refusals[name] ?? 0) + 1;
  }

  /** @param {string} name */
  #accountOf(name) {
    const account = this.#accounts.get(name) ?? { changes: [], acknowledged: 0 };
    this.#accounts.set(name, account);
    return account;
  }

  #lookAtLock() {
    const lines = locksOn(join(this.#directory, 'owner.lock'));
    if (lines === undefined) return;
    this.#count('looks at the lock');
    if (lines.length > 1) this.#violations.push(`the kernel knows ${lines.length} locks on owner.lock: ${lines.join(' | ')}`);
  }

  async #read() {
    const { content, term, warnings, error } = await new Promise((resolve) => {
      const order = { build: this.#builds[0], directory: this.#directory, runtimeDirectory: this.#runtimeDirectory };
      const reader = fork(READER, [JSON.stringify(order)]);
      reader.once('message', resolve);
      reader.once('exit', (code) => resolve({ error: `the reader ended with ${code}` }));
    });
    if (error !== undefined) this.#violations.push(`the store does not open: ${error}`);
    if (term <= this.#term) this.#violations.push(`after term ${this.#term} came term ${term}`);
    for (const { code, message } of warnings ?? []) this.#violations.push(`opening it warns: ${code} ${message}`);
    return content;
  }

  /** @param {string} what */
  #count(what) {
    this.#counts[what] = (this.#counts[what] ?? 0) + 1;
  }
}

/** @param {Outcome} outcome */
export function table({ figures, violations }) {
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  const lines = Object.entries(figures).map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  return [...lines, ...violations.map((violation) => `VIOLATION ${violation}`)].join('\n');
}
