/**
 * How a package comes in through which a native addon is loaded: by `require()`, which finds and reads a package of a dozen files in half the time of
 * `import()` (that looks through each for what it exports first), and by `import()` where this file does not know where it lies, or that fails.
 * Both give the same copy of what is CommonJS, as all that bring addons are. A file that knows its own name: src/replica/trial-file.ts.
 */

import { createRequire } from 'node:module';

/** `imported`: the same package by `import()`, which is what a bundler sees, and whose error tells what is wrong. */
export async function loadNativePackage<Package>(name: string, imported: () => Promise<Package>): Promise<Package> {
  return (requireNative((load) => load(name)) as Package | undefined) ?? imported();
}

/** What `using` gives back; undefined where it throws, or there is nothing to require with. */
export function requireNative(using: (load: NodeJS.Require) => unknown): unknown {
  const own = typeof __filename === 'string' ? __filename : undefined;
  if (own === undefined) return undefined;
  try {
    return using(createRequire(own));
  } catch {
    return undefined; // what is wrong is found out, and told, by who tries the usual way next
  }
}
