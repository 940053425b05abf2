/** One directory under many names, reached by every kind of copy and process: one store, one writer. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

import { expect, test } from 'vitest';

import { copyPackage } from '../torture/copies.mjs';
import { canAskKernel, locksHeldBy, locksOn } from './kernel.js';
import { CJS, ESM, Place, agreedWriter, equalDigests } from './members.js';
import type { Remote } from './members.js';
import { until } from './until.js';

const CLUSTER = join(import.meta.dirname, 'cluster.mjs');
const VERSIONS = ['99.1.0', '99.2.0'];

/** Other ways to say the same directory: all of them lead to the same real path. */
function aliasesOf(place: Place): string[] {
  mkdirSync(place.store, { recursive: true });
  const link = join(place.folder, 'link');
  symlinkSync(place.store, link, 'dir');
  const linkToFolder = join(place.folder, 'up');
  symlinkSync(place.folder, linkToFolder, 'dir');
  return [
    place.store,
    `${place.store}/`,
    relative(process.cwd(), place.store),
    `${place.folder}/nowhere/../s`,
    `${place.folder}//./s/.`,
    link,
    `${link}/`,
    join(linkToFolder, 'up', 's'),
  ];
}

test('two builds of three versions in child processes, through eight spellings and symbolic links of one directory, have one writer and one store', async () => {
  const place = new Place();
  const aliases = aliasesOf(place);
  const others = VERSIONS.map((version) => copyPackage(join(place.folder, version), version));
  const builds = [ESM, CJS, ...others.flatMap((root) => [join(root, 'dist/esm/src/index.js'), join(root, 'dist/cjs/src/index.js')])];
  // Two processes with all copies each, every copy under another name of the directory, and one process for each name.
  const [first, second] = [place.fork(), place.fork()];
  const named = (at: number) => ({ options: { directory: aliases[at % aliases.length] as string } });
  const remotes: Remote[] = await Promise.all([
    ...builds.map((build, at) => first.join(`first-${at}`, build, named(at))),
    ...builds.map((build, at) => second.join(`second-${at}`, build, named(at + 3))),
    ...aliases.map((_, at) => place.fork().join(`alone-${at}`, at % 2 === 0 ? ESM : CJS, named(at))),
  ]);
  const writer = await agreedWriter(remotes);
  const inspect = () => Promise.all(remotes.map((remote) => remote.inspect()));
  // Who has just been linked has not said yet which version it is.
  await until('everybody knows everybody', async () =>
    (await inspect()).every(({ peers }) => peers.length === remotes.length && peers.every(({ packageVersion }) => packageVersion !== '')),
  );
  const inspections = await inspect();
  expect(inspections.filter(({ role }) => role === 'writer')).toHaveLength(1);
  expect(new Set(inspections.map(({ directory }) => directory))).toEqual(new Set([realpathSync(place.store)]));
  expect(new Set(inspections.flatMap(({ peers }) => peers.map(({ packageVersion }) => packageVersion))).size).toBe(1 + VERSIONS.length);
  const lock = join(place.store, 'owner.lock');
  if (canAskKernel) {
    expect(locksOn(lock)).toBe(1);
    const pids = [...new Set(remotes.map(({ member }) => member.pid))];
    expect(pids.filter((pid) => locksHeldBy(pid, lock) > 0)).toEqual([writer.member.pid]);
  }
  await Promise.all(remotes.map((remote, at) => remote.set(`key-${at}`, at)));
  const terms = await Promise.all(remotes.map((remote) => remote.flush()));
  expect(new Set(terms.map(({ term }) => term)).size).toBe(1);
  await equalDigests(remotes);
  // The writer's whole process dies: again there is one, and it is another copy.
  await writer.member.kill();
  const rest = remotes.filter(({ member }) => member !== writer.member);
  await agreedWriter(rest);
  await rest[0]?.flush();
  if (canAskKernel) expect(locksOn(lock)).toBe(1);
  console.log(`${remotes.length} peers through ${aliases.length} names: one writer, then one again`);
  await place.killAll();
  const later = await place.fork().join('later', ESM);
  expect(await later.size()).toBe(remotes.length);
  expect(readdirSync(place.folder).toSorted()).toEqual([...VERSIONS, 'link', 'r', 's', 'up'].toSorted());
});

test('workers of a cluster on one directory, through several names of it, have one writer', () => {
  const place = new Place();
  const directories = aliasesOf(place).slice(0, 4);
  const builds = directories.map((_, at) => (at % 2 === 0 ? ESM : CJS));
  const order = JSON.stringify({ builds, directories, runtimeDirectory: place.sockets });
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLUSTER, order], { encoding: 'utf8', timeout: 25_000 });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const answers = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { writer: { id: string }; directory: string; size: number }[];
  expect(new Set(answers.map(({ writer }) => writer.id)).size).toBe(1);
  expect(new Set(answers.map(({ directory }) => directory))).toEqual(new Set([realpathSync(place.store)]));
  expect(answers.map(({ size }) => size)).toEqual(directories.map(() => directories.length));
});
