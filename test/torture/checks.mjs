// @ts-check
/**
 * What torture must not have brought about: two writers at once, terms that do not grow, acknowledged changes that are missing. Pure: from what
 * was written down to a list of violations, which is empty when all is well.
 */

/** @typedef {{ kind: 'opened', office: string, pid: number } | { kind: 'closing', office: string, pid: number } | { kind: 'wrote', office: string, pid: number, term: number } | { kind: 'ended', pid: number }} Line */
/** @typedef {{ version: number, key: string, isDeletion: boolean }} Change */
/** @typedef {{ changes: Change[], acknowledged: number }} Account What one instance did, in order, and through which version it is durable. */

/**
 * The journal, in the order in which it was written: offices do not overlap, each term is one office's, and terms only grow.
 * @param {readonly Line[]} lines
 * @returns {{ violations: string[], offices: number, terms: number, batches: number }}
 */
export function checkOffices(lines) {
  /** @type {string[]} */
  const violations = [];
  /** @type {Map<string, number>} */
  const open = new Map();
  /** @type {Set<number>} */
  const ended = new Set();
  let term = 0;
  let holder = '';
  let [offices, terms, batches] = [0, 0, 0];
  for (const line of lines) {
    if (line.kind === 'ended') {
      ended.add(line.pid);
      for (const [office, pid] of open) if (pid === line.pid) open.delete(office);
    } else if (line.kind === 'opened') {
      offices++;
      // It was being killed when it wrote this: its office ended in the same moment.
      if (ended.has(line.pid)) continue;
      for (const other of open.keys()) violations.push(`two writers at once: ${line.office} began while ${other} was in office`);
      open.set(line.office, line.pid);
    } else if (line.kind === 'closing') {
      open.delete(line.office);
    } else {
      batches++;
      if (line.term < term) violations.push(`${line.office} wrote under term ${line.term} after ${holder} had written under ${term}`);
      if (line.term === term && line.office !== holder) violations.push(`term ${term} was given to ${holder} and to ${line.office}`);
      if (line.term <= term) continue;
      terms++;
      ({ term, office: holder } = line);
    }
  }
  return { violations, offices, terms, batches };
}

/**
 * Each instance's own keys hold what it did last of what is acknowledged, or something it did later; what it shares with others holds
 * what somebody did; and nothing is there that nobody did.
 * @param {ReadonlyMap<string, Account>} accounts
 * @param {Readonly<Record<string, unknown>>} content
 * @returns {string[]}
 */
export function checkContent(accounts, content) {
  /** @type {string[]} */
  const violations = [];
  const known = new Set();
  /** @type {Set<string>} */
  const promised = new Set();
  for (const [name, account] of accounts) {
    for (const { version, key, isDeletion } of account.changes) {
      if (!isDeletion) known.add(`${key}=${name}:${version}`);
      if (!isOwn(name, key) && version <= account.acknowledged) promised.add(key);
    }
    violations.push(...lackOf(name, account, content));
  }
  for (const key of promised) if (content[key] === undefined) violations.push(`${key} is gone, which nobody deleted`);
  for (const [key, value] of Object.entries(content))
    if (!known.has(`${key}=${String(value)}`)) violations.push(`${key} is ${String(value)}, which nobody wrote`);
  return violations;
}

/**
 * An instance's own keys hold what it did last of what is acknowledged, or something it did later.
 * @param {string} name
 * @param {Account} account
 * @param {Readonly<Record<string, unknown>>} content
 * @returns {string[]}
 */
export function lackOf(name, { changes, acknowledged }, content) {
  /** @type {string[]} */
  const violations = [];
  /** @type {Map<string, Change[]>} */
  const byKey = new Map();
  for (const change of changes) if (isOwn(name, change.key)) byKey.set(change.key, [...(byKey.get(change.key) ?? []), change]);
  for (const [key, ofKey] of byKey) {
    const last = ofKey.findLast(({ version }) => version <= acknowledged);
    const possible = ofKey.filter(({ version }) => version >= (last?.version ?? 0)).map((change) => valueAfter(name, change));
    if (last === undefined) possible.push(undefined);
    if (possible.some((value) => value === content[key])) continue;
    const account = `${name} had version ${acknowledged} acknowledged, in it ${String(last && valueAfter(name, last))}`;
    violations.push(`${key} is ${String(content[key])}, and ${account}`);
  }
  return violations;
}

/**
 * @param {string} name
 * @param {string} key
 */
function isOwn(name, key) {
  return key.startsWith(`${name}-`);
}

/**
 * @param {string} name
 * @param {Change} change
 */
function valueAfter(name, { version, isDeletion }) {
  return isDeletion ? undefined : `${name}:${version}`;
}
