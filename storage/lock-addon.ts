/**
 * The addon of `fs-native-extensions`. The package finds its binary by a dozen of small modules, which costs every process that starts 6 ms of
 * processor and more; a version whose layout and call are known here is asked for its binary directly. Any other comes in as a whole.
 */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { systemCode } from '../src/base/errors.js';
import { loadNativePackage, requireNative } from '../src/base/native-package.js';

/** Of the addon. Said here, because declarations that are published may not ask for its own: it has none. */
export interface NativeLocks {
  tryLock(descriptor: number, options?: { readonly shared?: boolean }): boolean;
}

/** What the package's own `tryLock()` calls, in the versions below: from `offset` on, `length` 0 for all. Throws EAGAIN where somebody else has it. */
interface Binding {
  tryLock(descriptor: number, offset: number, length: number, isExclusive: boolean): void;
}

const PACKAGE = 'fs-native-extensions';
/** Looked through, one by one: with another one a lock might be none. */
export const KNOWN_VERSIONS: readonly string[] = ['1.5.1'];

export async function loadNativeLocks(): Promise<NativeLocks> {
  const known = requireNative(bindingOf) as Binding | undefined;
  return known === undefined ? loadNativePackage(PACKAGE, () => import('fs-native-extensions')) : locksBy(known);
}

/** Undefined where the version is not known, or this is no place that the binary was made for. */
function bindingOf(load: NodeJS.Require): unknown {
  const manifest = load.resolve(`${PACKAGE}/package.json`);
  const { version } = load(manifest) as { version: string };
  // As the package does it: a binary for glibc is none for musl.
  if (!KNOWN_VERSIONS.includes(version) || (process.platform === 'linux' && existsSync('/etc/alpine-release'))) return undefined;
  return load(join(dirname(manifest), 'prebuilds', `${process.platform}-${process.arch}`, `${PACKAGE}.node`));
}

function locksBy(binding: Binding): NativeLocks {
  return {
    tryLock: (descriptor, { shared = false } = {}) => {
      try {
        binding.tryLock(descriptor, 0, 0, !shared);
        return true;
      } catch (error) {
        if (systemCode(error) === 'EAGAIN') return false;
        throw error;
      }
    },
  };
}
