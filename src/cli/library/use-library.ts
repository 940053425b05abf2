/** How a command gets at a group's preset library: through a whole instance, since bodies and documents are its business. */

import { inspectGroup, join } from '../../index.js';
import type { Instance } from '../../index.js';
import { openLibrary } from '../../library/index.js';
import type { Library, Preset } from '../../library/index.js';
import { withDeadline } from '../deadline.js';
import { CliError } from '../exit.js';
import { changeGroup, groupMissing, isRun, placeOf } from '../open-group.js';
import type { Session } from '../session.js';
import type { LibraryOptions } from './library-options.js';

export type UseLibrary<T> = (library: Library<unknown>, signal: AbortSignal) => Promise<T>;

/** Looks at one that is there. Where somebody runs the group it never stands for election. Errors: notFound; those of `join()`. */
export function lookAtLibrary<T>(group: string, options: LibraryOptions, session: Session, use: UseLibrary<T>): Promise<T> {
  return withDeadline(options.timeout, session.signal, async (signal) => {
    const report = await inspectGroup(group, { ...placeOf(options), signal });
    if (report.store === undefined && !report.isAlive) throw groupMissing(report);
    const instance = await join(group, { ...placeOf(options), storage: isRun(report) ? 'never' : 'auto', wait: 'synced', signal });
    try {
      await requireLibrary(instance, options, signal);
      const library = await openLibrary(instance, { ...documentOf(options), signal });
      // So that it says of each preset whether its parameters are here.
      await library.ready({ signal });
      return await use(library, signal);
    } finally {
      await instance.close();
    }
  });
}

/** Changes one, and makes sure that it is on disk. With `isNew` group and library are made where they are not there. */
export async function changeLibrary<T>(
  group: string,
  options: LibraryOptions & { readonly isNew?: boolean },
  session: Session,
  use: UseLibrary<T>,
): Promise<T> {
  if (options.isNew !== true) {
    const report = await inspectGroup(group, { ...placeOf(options), signal: session.signal });
    if (report.store === undefined && !report.isAlive) throw groupMissing(report);
  }
  const { result } = await changeGroup(group, options, session, async (instance, signal) => {
    if (options.isNew !== true) await requireLibrary(instance, options, signal);
    return use(await openLibrary(instance, { ...documentOf(options), signal }), signal);
  });
  return result;
}

/** Opening one that is not there would make it: of a mistyped name, for everybody. Errors: notFound. */
async function requireLibrary(instance: Instance, { document = 'library' }: LibraryOptions, signal: AbortSignal): Promise<void> {
  if ((await instance.documents({ signal })).some(({ name }) => name === document)) return;
  throw new CliError('notFound', `group ${instance.group} has no library ${JSON.stringify(document)}`, { hint: '"import" makes one' });
}

function documentOf({ document }: LibraryOptions): { readonly document?: string } {
  return document === undefined ? {} : { document };
}

/** By its id, else by its name, if only one has it. Errors: notFound, usage. */
export function presetOf(library: Library<unknown>, word: string): Preset {
  const found = library.get(word);
  if (found !== undefined && !found.isRemoved) return found;
  const named = library.list().filter(({ name }) => name.toLowerCase() === word.toLowerCase());
  const [only] = named;
  if (only === undefined) throw new CliError('notFound', `there is no preset ${JSON.stringify(word)}`, { hint: '"find" looks for words' });
  if (named.length === 1) return only;
  const ids = named.slice(0, IDS_TOLD_MAX).map(({ id, category }) => (category === '' ? id : `${id} (${category})`));
  const more = named.length > ids.length ? ` and ${named.length - ids.length} more` : '';
  throw new CliError('usage', `${named.length} presets are called ${JSON.stringify(word)}`, {
    hint: `say which by its id: ${ids.join(', ')}${more}`,
  });
}

const IDS_TOLD_MAX = 6;
