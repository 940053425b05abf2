/**
 * One dependency, one door: the file through which it comes in, so that it can be exchanged, faked and looked over in one place.
 * Types may be seen from further away than values: they are gone at run time.
 */

import { violation, type Source } from './source.js';

interface Door {
  /** Where the dependency itself may be imported: files, or folders that end in `/`. */
  readonly values: readonly string[];
  /** Where, besides, its types may. */
  readonly types?: readonly string[];
}

const doors: Readonly<Record<string, Door>> = {
  // Whoever uses the library takes Yjs from it (`import { Y } from 'socomm'`), and so does the command line.
  yjs: { values: ['src/replica/', 'src/index.ts'], types: ['src/'] },
  zeromq: { values: ['sync/zeromq/sockets.ts'], types: ['sync/zeromq/'] },
  level: { values: ['storage/level-open.ts'], types: ['storage/'] },
  'classic-level': { values: ['storage/level-open.ts'], types: ['storage/'] },
  'fs-native-extensions': { values: ['storage/lock-addon.ts'] },
  koffi: { values: ['src/mapped/memory.ts'] },
  lib0: { values: ['src/', 'sync/wire/', 'talk/wire/', 'storage/'] },
  commander: { values: ['src/cli/'] },
  'log-update': { values: ['src/cli/'] },
};

export function doorViolations(source: Source): string[] {
  return source.imports.flatMap((each) => {
    if (each.target === undefined)
      // The command line's commands; and koffi, which bundlers are not to look for.
      return isIn(source.path, ['src/cli/', 'src/mapped/memory.ts']) ? [] : [violation(source, each, 'imports what only run time knows')];
    if (each.isOwn || each.target.startsWith('node:')) return [];
    const name = packageOf(each.target);
    const door = Object.hasOwn(doors, name) ? doors[name] : undefined;
    if (door === undefined) return [violation(source, each, `imports ${name}, which has no door in test/tidy/doors.ts`)];
    const mayImport = isIn(source.path, door.values) || (each.isTypeOnly && isIn(source.path, door.types ?? []));
    return mayImport ? [] : [violation(source, each, `imports ${name}, whose door is ${door.values.join(', ')}`)];
  });
}

/** `lib0` of `lib0/encoding`, `@scope/name` of `@scope/name/file`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => path === place || (place.endsWith('/') && path.startsWith(place)));
}
