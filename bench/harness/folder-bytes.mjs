/** What a folder holds, in bytes: all files below it. */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

export function bytesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce((sum, entry) => {
    if (!entry.isFile()) return sum;
    try {
      return sum + statSync(join(entry.parentPath, entry.name)).size;
    } catch (error) {
      // What is being compacted comes and goes.
      if (error.code === 'ENOENT') return sum;
      throw error;
    }
  }, 0);
}
