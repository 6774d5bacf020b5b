#define _GNU_SOURCE
#include "CShims.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static volatile sig_atomic_t caught;
static volatile sig_atomic_t hung_up;
static int wake[2] = {-1, -1};

void bl_use_huge_pages(void *start, size_t length) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t first = ((size_t)start + page - 1) / page * page;
  size_t end = ((size_t)start + length) / page * page;
  /* A kernel that has none says so, and small pages do as well. */
  if (first < end) (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
}

const void *bl_memrchr(const void *start, int byte, size_t length) {
  return memrchr(start, byte, length);
}

/* Thirty-two bytes at a time, wherever they lie. */
typedef unsigned char bytes32 __attribute__((vector_size(32), aligned(1)));
typedef unsigned long long words4 __attribute__((vector_size(32)));

static int is_there(const unsigned char *at, const unsigned char *needle, size_t count, int folds) {
  if (!folds) return memcmp(at, needle, count) == 0;
  for (size_t k = 0; k < count; k++) {
    unsigned char byte = at[k];
    if ((unsigned char)(byte - 'A') < 26) byte |= 0x20;
    if (byte != needle[k]) return 0;
  }
  return 1;
}

size_t bl_find(const void *text, size_t length, size_t from, const void *what, size_t count, size_t first,
               size_t second, int folds) {
  const unsigned char *bytes = text, *needle = what;
  unsigned char a, b;
  bytes32 all_a, all_b, bit;
  if (count == 0 || length < count) return length;
  a = needle[first] | 0x20;
  b = needle[second] | 0x20;
  for (int k = 0; k < 32; k++) {
    all_a[k] = a;
    all_b[k] = b;
    bit[k] = 0x20;
  }
  /* Two bytes of the needle, in either case, rule out nearly every place; the others are looked at. */
  while (from + 31 + count <= length) {
    bytes32 found = (bytes32)(((*(const bytes32 *)(bytes + from + first) | bit) == all_a) &
                              ((*(const bytes32 *)(bytes + from + second) | bit) == all_b));
    words4 words = (words4)found;
    if (words[0] | words[1] | words[2] | words[3]) {
      for (size_t k = 0; k < 32; k++) {
        if (found[k] && is_there(bytes + from + k, needle, count, folds)) return from + k;
      }
    }
    from += 32;
  }
  for (; from + count <= length; from++) {
    if (is_there(bytes + from, needle, count, folds)) return from;
  }
  return length;
}

size_t bl_count(const void *text, size_t length, int byte) {
  const unsigned char *bytes = text;
  size_t count = 0;
  for (size_t at = 0; at < length; at++) count += bytes[at] == (unsigned char)byte;
  return count;
}

static void on_stop(int signal) {
  int saved = errno;
  caught = signal;
  ssize_t written = write(wake[1], "", 1);
  (void)written;
  errno = saved;
}

int bl_catch_stop_signals(void) {
  struct sigaction action;
  if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_stop;
  action.sa_flags = SA_RESETHAND;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  bl_ignore_write_signals();
  return wake[0];
}

int bl_stop_signal(void) { return caught; }

static void on_hangup(int signal) {
  int saved = errno;
  (void)signal;
  hung_up = 1;
  ssize_t written = write(wake[1], "", 1);
  (void)written;
  errno = saved;
}

void bl_catch_hangup(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_hangup;
  sigemptyset(&action.sa_mask);
  sigaction(SIGHUP, &action, NULL);
}

int bl_take_hangup(void) {
  char bytes[64];
  if (!hung_up) return 0;
  hung_up = 0;
  /* A stop that came as well is remembered in its own variable. */
  while (read(wake[0], bytes, sizeof bytes) > 0) {
  }
  return 1;
}

int bl_notify(const char *socket_name, const char *state) {
  struct sockaddr_un address;
  size_t length = strlen(socket_name);
  int descriptor, result;
  if (length == 0 || length >= sizeof address.sun_path) {
    errno = EINVAL;
    return -1;
  }
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, socket_name, length);
  if (socket_name[0] == '@') address.sun_path[0] = 0;
  descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  result = sendto(descriptor, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address,
                  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0 ? -1 : 0;
  close(descriptor);
  return result;
}

void bl_ignore_write_signals(void) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
}
