/** One message for every native package that cannot be loaded: what is missing, for what, and what to do. */

import { SocommError } from './errors.js';

/** The packages through which all native ones come in (`classic-level` through `level`), as a bundler wants to have them named. */
const EXTERNAL = "external: ['zeromq', 'level', 'fs-native-extensions']";

export function nativeMissing(packageName: string, cause: unknown): SocommError {
  const platform = `${process.platform}-${process.arch}`;
  return new SocommError(
    'SOCOMM_NATIVE_MISSING',
    `The native part of ${packageName} for ${platform} cannot be loaded. Install the package on the platform that runs it` +
      ` (a node_modules folder copied from another one lacks its binary); in a bundler, keep it out of the bundle: ${EXTERNAL}.`,
    { cause },
  );
}
