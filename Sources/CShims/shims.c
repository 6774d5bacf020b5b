#define _GNU_SOURCE
#include "CShims.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t caught;
static int wake[2] = {-1, -1};

const void *bl_memrchr(const void *start, int byte, size_t length) {
  return memrchr(start, byte, length);
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
  bl_ignore_sigpipe();
  return wake[0];
}

int bl_stop_signal(void) { return caught; }

void bl_ignore_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }
