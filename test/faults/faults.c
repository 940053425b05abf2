/*
 * A disk that fails when it is told to: preloaded into a process (LD_PRELOAD), it stands between everything in there, LevelDB
 * and libuv alike, and the C library, and counts the calls that change files below one folder. It never changes what
 * lies elsewhere, and does nothing at all where FAULTS_UNDER is not set.
 *
 *   FAULTS_UNDER   the folder, as an absolute real path
 *   FAULTS_LOG     a file outside of it: one line "<number> <call> <path>" for each counted call, before it is made
 *   FAULTS_AT      number of the first call that fails (they count from 1; 0, the default: none)
 *   FAULTS_TO      number of the last one (default: FAULTS_AT); in its place:
 *   FAULTS_WHILE   a file: calls from FAULTS_AT on fail as long as it exists
 *   FAULTS_DO      ENOSPC, EIO, EMFILE, EROFS, EDQUOT: the call is not made and says so;
 *                  short: a write writes half (other calls are made); kill, kill-after: SIGKILL before, or after, the call;
 *                  kill-torn: a write writes half, then SIGKILL (other calls: before)
 *   FAULTS_COUNT   writes (default): what changes files; opens: opening files, also for reading
 *
 * LevelDB writes through FILE*, whose own writes the C library makes without asking anybody: so fwrite and fflush are counted.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* The headers have macros for some of them. */
#undef fwrite_unlocked
#undef fflush_unlocked

enum outcome { PASS, FAIL, SHORT, KILL_AFTER, KILL_TORN };

static atomic_long count;
static const char *under, *marker;
static size_t under_length;
static long first, last;
static int failure, log_descriptor = -1, counts_opens;
static enum outcome what = FAIL;
static int kills_before;

__attribute__((constructor)) static void begin(void) {
  const char *text;
  under = getenv("FAULTS_UNDER");
  if (under == NULL) return;
  under_length = strlen(under);
  marker = getenv("FAULTS_WHILE");
  first = (text = getenv("FAULTS_AT")) ? atol(text) : 0;
  last = (text = getenv("FAULTS_TO")) ? atol(text) : first;
  counts_opens = (text = getenv("FAULTS_COUNT")) != NULL && strcmp(text, "opens") == 0;
  text = getenv("FAULTS_DO");
  if (text == NULL) text = "EIO";
  if (strcmp(text, "ENOSPC") == 0) failure = ENOSPC;
  else if (strcmp(text, "EMFILE") == 0) failure = EMFILE;
  else if (strcmp(text, "EROFS") == 0) failure = EROFS;
  else if (strcmp(text, "EDQUOT") == 0) failure = EDQUOT;
  else failure = EIO;
  if (strcmp(text, "short") == 0) what = SHORT;
  if (strcmp(text, "kill") == 0) kills_before = 1;
  if (strcmp(text, "kill-after") == 0) what = KILL_AFTER;
  if (strcmp(text, "kill-torn") == 0) what = KILL_TORN;
  if ((text = getenv("FAULTS_LOG")) != NULL) log_descriptor = (int)syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void end_process(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static int is_under(const char *path) {
  return under != NULL && path != NULL && strncmp(path, under, under_length) == 0 && (path[under_length] == '/' || path[under_length] == 0);
}

/* The file that a descriptor names now: asked of the kernel, so that no close can be missed. */
static int path_of(int descriptor, char *path) {
  char link[64];
  ssize_t length;
  if (under == NULL) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  length = readlink(link, path, PATH_MAX);
  if (length < 0) return 0;
  path[length] = 0;
  return is_under(path);
}

static enum outcome decide(const char *call, const char *path) {
  int kept = errno;
  long number = atomic_fetch_add(&count, 1) + 1;
  int fails = first > 0 && number >= first && (marker != NULL ? syscall(SYS_faccessat, AT_FDCWD, marker, F_OK) == 0 : number <= last);
  if (log_descriptor >= 0) {
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%ld %s %s%s\n", number, call, path, fails ? " FAULT" : "");
    syscall(SYS_write, log_descriptor, line, (size_t)length);
  }
  errno = kept;
  if (!fails) return PASS;
  if (kills_before) end_process();
  return what;
}

static int fail(void) {
  errno = failure;
  return -1;
}

/* Two threads may look for the same one at once, and find the same. */
static void *find(_Atomic(void *) *slot, const char *name) {
  if (*slot == NULL) *slot = dlsym(RTLD_NEXT, name);
  return *slot;
}

#define REAL(name) ((__typeof__(&name))find(&real_##name, #name))
#define DECLARE(name) static _Atomic(void *) real_##name

/* A call that is made whole or not at all. */
#define GUARD(call, counted, path, real)                        \
  do {                                                          \
    enum outcome outcome = (counted) ? decide(call, path) : PASS; \
    if (outcome == FAIL) return fail();                         \
    if (outcome == KILL_TORN) end_process();                    \
    __typeof__(real) result = (real);                           \
    if (outcome == KILL_AFTER) end_process();                   \
    return result;                                              \
  } while (0)

static int counts_open(int flags) {
  return counts_opens || (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0;
}

#define OPEN(name)                                                                    \
  DECLARE(name);                                                                      \
  int name(const char *path, int flags, ...) {                                        \
    mode_t mode = 0;                                                                  \
    if (flags & (O_CREAT | __O_TMPFILE)) {                                            \
      va_list list;                                                                   \
      va_start(list, flags);                                                          \
      mode = va_arg(list, mode_t);                                                    \
      va_end(list);                                                                   \
    }                                                                                 \
    GUARD("open", is_under(path) && counts_open(flags), path, REAL(name)(path, flags, mode)); \
  }
OPEN(open)
OPEN(open64)

#define FOPEN(name)                                                                           \
  DECLARE(name);                                                                              \
  FILE *name(const char *path, const char *mode) {                                            \
    enum outcome outcome = is_under(path) && (counts_opens || mode[0] != 'r') ? decide("open", path) : PASS; \
    if (outcome == FAIL) return fail(), NULL;                                                 \
    if (outcome == KILL_TORN) end_process();                                                  \
    FILE *result = REAL(name)(path, mode);                                                    \
    if (outcome == KILL_AFTER) end_process();                                                 \
    return result;                                                                            \
  }
FOPEN(fopen)
FOPEN(fopen64)

/* Half of it, as a disk that is nearly full would, or all. */
static size_t half(enum outcome outcome, size_t length) {
  return (outcome == SHORT || outcome == KILL_TORN) && length > 1 ? length / 2 : length;
}

#define WRITE(name, parameters, arguments)                                   \
  DECLARE(name);                                                             \
  ssize_t name parameters {                                                  \
    char path[PATH_MAX + 1];                                                 \
    enum outcome outcome = !counts_opens && path_of(descriptor, path) ? decide("write", path) : PASS; \
    if (outcome == FAIL) return fail();                                      \
    length = half(outcome, length);                                          \
    ssize_t result = REAL(name) arguments;                                   \
    if (outcome == KILL_AFTER || outcome == KILL_TORN) end_process();        \
    return result;                                                           \
  }
WRITE(write, (int descriptor, const void *bytes, size_t length), (descriptor, bytes, length))
WRITE(pwrite, (int descriptor, const void *bytes, size_t length, off_t at), (descriptor, bytes, length, at))
WRITE(pwrite64, (int descriptor, const void *bytes, size_t length, off64_t at), (descriptor, bytes, length, at))

/* Node gives single buffers to these too. Several at once are made whole. */
#define WRITEV(name, parameters, arguments)                                  \
  DECLARE(name);                                                             \
  ssize_t name parameters {                                                  \
    char path[PATH_MAX + 1];                                                 \
    GUARD("write", !counts_opens && path_of(descriptor, path), path, REAL(name) arguments); \
  }
WRITEV(writev, (int descriptor, const struct iovec *parts, int length), (descriptor, parts, length))
WRITEV(pwritev64, (int descriptor, const struct iovec *parts, int length, off64_t at), (descriptor, parts, length, at))

#define FWRITE(name)                                                                        \
  DECLARE(name);                                                                            \
  size_t name(const void *bytes, size_t size, size_t items, FILE *file) {                   \
    char path[PATH_MAX + 1];                                                                \
    enum outcome outcome = !counts_opens && path_of(fileno_unlocked(file), path) ? decide("write", path) : PASS; \
    if (outcome == FAIL) return fail(), 0;                                                  \
    if (size == 1) items = half(outcome, items);                                            \
    size_t result = REAL(name)(bytes, size, items, file);                                   \
    if (outcome == KILL_TORN) fflush(file);                                                 \
    if (outcome == KILL_AFTER || outcome == KILL_TORN) end_process();                       \
    return result;                                                                          \
  }
FWRITE(fwrite)
FWRITE(fwrite_unlocked)

#define FFLUSH(name)                                                                     \
  DECLARE(name);                                                                         \
  int name(FILE *file) {                                                                 \
    char path[PATH_MAX + 1];                                                             \
    GUARD("flush", !counts_opens && file != NULL && path_of(fileno_unlocked(file), path), path, REAL(name)(file)); \
  }
FFLUSH(fflush)
FFLUSH(fflush_unlocked)

DECLARE(fclose);
int fclose(FILE *file) {
  char path[PATH_MAX + 1];
  int counted = !counts_opens && file != NULL && path_of(fileno_unlocked(file), path);
  enum outcome outcome = counted && (fcntl(fileno_unlocked(file), F_GETFL) & O_ACCMODE) != O_RDONLY ? decide("close", path) : PASS;
  if (outcome == KILL_TORN) end_process();
  int result = REAL(fclose)(file);
  if (outcome == KILL_AFTER) end_process();
  return outcome == FAIL ? fail() : result;
}

/* The descriptor is free afterwards, also where it fails. */
DECLARE(close);
int close(int descriptor) {
  char path[PATH_MAX + 1];
  int counted = !counts_opens && path_of(descriptor, path) && (fcntl(descriptor, F_GETFL) & O_ACCMODE) != O_RDONLY;
  enum outcome outcome = counted ? decide("close", path) : PASS;
  if (outcome == KILL_TORN) end_process();
  int result = REAL(close)(descriptor);
  if (outcome == KILL_AFTER) end_process();
  return outcome == FAIL ? fail() : result;
}

#define ON_DESCRIPTOR(name, label, parameters, arguments)                             \
  DECLARE(name);                                                                      \
  int name parameters {                                                               \
    char path[PATH_MAX + 1];                                                          \
    GUARD(label, !counts_opens && path_of(descriptor, path), path, REAL(name) arguments); \
  }
ON_DESCRIPTOR(fsync, "sync", (int descriptor), (descriptor))
ON_DESCRIPTOR(fdatasync, "sync", (int descriptor), (descriptor))
ON_DESCRIPTOR(ftruncate, "truncate", (int descriptor, off_t length), (descriptor, length))
ON_DESCRIPTOR(ftruncate64, "truncate", (int descriptor, off64_t length), (descriptor, length))

#define ON_PATH(name, label, parameters, arguments, path)                          \
  DECLARE(name);                                                                   \
  int name parameters { GUARD(label, !counts_opens && is_under(path), path, REAL(name) arguments); }
ON_PATH(rename, "rename", (const char *from, const char *to), (from, to), to)
ON_PATH(link, "link", (const char *from, const char *to), (from, to), to)
ON_PATH(unlink, "unlink", (const char *path), (path), path)
ON_PATH(rmdir, "rmdir", (const char *path), (path), path)
ON_PATH(mkdir, "mkdir", (const char *path, mode_t mode), (path, mode), path)

/* A file that is copied in one piece. */
DECLARE(sendfile64);
ssize_t sendfile64(int to, int from, off64_t *at, size_t length) {
  char path[PATH_MAX + 1];
  enum outcome outcome = !counts_opens && path_of(to, path) ? decide("write", path) : PASS;
  if (outcome == FAIL) return fail();
  ssize_t result = REAL(sendfile64)(to, from, at, half(outcome, length));
  if (outcome == KILL_AFTER || outcome == KILL_TORN) end_process();
  return result;
}
