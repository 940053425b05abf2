/* Polls one ephemeral value of one instance, as an audio thread would: no call, no lock, no wait. The layout: docs/MAPPING.md.
 * cc -std=c11 -O2 mapped-reader.c -o mapped-reader && ./mapped-reader <path> <name> <key> <values>
 * <path> is what `inspect().mapped` says. Each of so many new values, a list of doubles, is told by its count, its least and its greatest. */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#ifndef BETWEEN_WORDS /* a test has to be overtaken */
#define BETWEEN_WORDS
#endif

typedef const _Atomic uint32_t word;
typedef struct { word *table, *slot; uint32_t generation; } place;
enum { MAGIC, VERSION, STATE, FIRST, SLOT, SLOTS, VALUE, TEXT, DIRECTORY, USED }; /* words of the header */
enum { GENERATION, SEQUENCE, NAME, KEY, CODEC, LETTERS = 8 };                     /* words of a slot */
enum { BYTES, SECONDS, NANOSECONDS, CONTENT = 4 };                                /* words of a copy */

static uint32_t get(word *at) { return atomic_load_explicit(at, memory_order_acquire); }

/* Not for the audio thread: it may look through all slots. Again whenever read_value has said -1. */
static int find(word *table, const char *name, const char *key, place *found) {
  size_t n = strlen(name), k = strlen(key);
  for (uint32_t i = 0; i < get(table + USED) && i < get(table + SLOTS); i++) {
    word *slot = table + (get(table + FIRST) + i * get(table + SLOT)) / 4;
    uint32_t generation = get(slot + GENERATION), text[64] = {0};
    if (generation % 2 == 0 || get(slot + NAME) != n || get(slot + KEY) != k || n + k > sizeof text) continue;
    for (size_t w = 0; w < (n + k + 3) / 4; w++) text[w] = get(slot + LETTERS + w);
    if (memcmp(text, name, n) != 0 || memcmp((char *)text + n, key, k) != 0) continue;
    *found = (place){table, slot, generation};
    return get(slot + GENERATION) == generation;
  }
  return 0;
}

/* The value's length in bytes; -1: it is gone; -2: it was overwritten twice meanwhile, the one read before still stands. */
static int read_value(const place *at, uint32_t *value, uint32_t *sequence) {
  uint32_t capacity = get(at->table + VALUE);
  *sequence = get(at->slot + SEQUENCE);
  word *copy = at->slot + LETTERS + get(at->table + TEXT) / 4 + (*sequence & 1) * (CONTENT + capacity / 4);
  uint32_t bytes = get(copy + BYTES);
  for (uint32_t w = 0; w < (bytes + 3) / 4 && w < capacity / 4; w++) {
    value[w] = get(copy + CONTENT + w);
    BETWEEN_WORDS
  }
#ifndef UNCHECKED /* a test has to see what goes wrong without */
  if (get(at->slot + SEQUENCE) != *sequence) return -2;
#endif
  return get(at->table + STATE) == 1 && get(at->slot + GENERATION) == at->generation ? (int)bytes : -1;
}

int main(int count, char **args) {
  int file = count == 5 ? open(args[1], O_RDONLY) : -1;
  struct stat about;
  if (file < 0 || fstat(file, &about) != 0) return fprintf(stderr, "usage: mapped-reader <path> <name> <key> <values>\n"), 2;
  word *table = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_SHARED, file, 0);
  if (table == MAP_FAILED || get(table + MAGIC) != 0x6d6d6f73 || get(table + VERSION) != 1 || get(table + VALUE) > 16384) return fprintf(stderr, "no mapped values\n"), 3;
  place at;
  uint32_t sequence, last = 0;
  static double numbers[16384 / 8];
  if (!find(table, args[2], args[3], &at)) return puts("gone"), 0;
  for (long left = atol(args[4]); left > 0;) {
    int bytes = read_value(&at, (uint32_t *)(void *)numbers, &sequence);
    if (bytes == -1) return puts("gone"), 0;
    if (bytes == -2 || sequence == last) continue;
    double least = numbers[0], greatest = numbers[0];
    for (int i = 1; i < bytes / 8; i++) {
      if (numbers[i] < least) least = numbers[i];
      if (numbers[i] > greatest) greatest = numbers[i];
    }
    printf("%d %.17g %.17g\n", bytes / 8, least, greatest);
    last = sequence, left--;
  }
  return 0;
}
