#define _GNU_SOURCE
#include "CShims.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static volatile sig_atomic_t caught;
static volatile sig_atomic_t hung_up;
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

void bl_ignore_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }
