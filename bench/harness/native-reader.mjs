/** The reader in C of examples/, made to tell how many milliseconds ago each value was set. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const EXAMPLE = fileURLToPath(new URL('../../examples/mapped-reader.c', import.meta.url));

const PROGRAM = `#define main example_main
#include "${EXAMPLE}"
#undef main
#include <time.h>
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e3 + t.tv_nsec / 1e6; }
int main(int count, char **args) {
  struct stat about;
  int file = open(args[1], O_RDONLY);
  fstat(file, &about);
  word *table = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_SHARED, file, 0);
  place at;
  uint32_t sequence, last = 0;
  double value[2048];
  if (count != 5 || !find(table, args[2], args[3], &at)) return fprintf(stderr, "%s %s is not there\\n", args[2], args[3]), 1;
  for (long left = atol(args[4]); left > 0;) {
    if (read_value(&at, (uint32_t *)(void *)value, &sequence) != 8 || sequence == last) continue;
    if (last != 0) printf("%f\\n", now() - value[0]), left--;
    last = sequence;
  }
  return 0;
}
`;

/** The path of the program; undefined without a compiler. */
export function compileNativeReader(folder) {
  const program = join(folder, 'native');
  try {
    execFileSync('gcc', ['-std=gnu11', '-O2', '-x', 'c', '-', '-o', program], { input: PROGRAM });
    return program;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  }
}
