/* libc calls and idioms that Swift's Glibc overlay cannot express; nothing else belongs here. */
#ifndef BOUNCELOG_CSHIMS_H
#define BOUNCELOG_CSHIMS_H

#include <stddef.h>

#include "ByteMasks.h"

/* Begins to load what will be read soon; any address will do. */
static inline void bl_prefetch(const void *at) {
  __builtin_prefetch(at);
}

/* Asks for large pages (madvise(2)) where a block of memory will be used as a whole. */
void bl_use_huge_pages(void *start, size_t length);

/* memrchr(3), a GNU extension that the overlay hides. */
const void *bl_memrchr(const void *start, int byte, size_t length);

/*
 * The first place at or behind `from` where some bytes stand in a text, or the text's length; memmem(3)
 * that can also take letters for the same in either case. `first` and `second` are the offsets of the two
 * rarest of the bytes. With `folds` the bytes that are looked for have no upper-case letter.
 */
size_t bl_find(const void *text, size_t length, size_t from, const void *what, size_t count, size_t first,
               size_t second, int folds);

/* How often a byte stands in a text. */
size_t bl_count(const void *text, size_t length, int byte);

/*
 * From now on SIGINT and SIGTERM do not end the process: they are remembered and make the descriptor
 * that is returned readable, so that a poll(2) wakes up. A second signal ends the process at once.
 * What bl_ignore_write_signals ignores is ignored. Returns -1 if no pipe could be made.
 */
int bl_catch_stop_signals(void);

/* The signal that was caught (SIGINT, SIGTERM), or 0. */
int bl_stop_signal(void);

/*
 * From now on SIGHUP does not end the process: it is remembered and makes the descriptor of
 * bl_catch_stop_signals readable. bl_take_hangup tells whether one came since it was asked last.
 */
void bl_catch_hangup(void);
int bl_take_hangup(void);

/*
 * Sends a state such as "READY=1" to the socket of sd_notify(3), a path or, with @, an abstract name.
 * Returns 0, or -1 with errno.
 */
int bl_notify(const char *socket_name, const char *state);

/*
 * From now on SIGPIPE and SIGXFSZ are ignored: a write to a closed pipe gives EPIPE, and one beyond the
 * limit of a file's size (ulimit -f) EFBIG.
 */
void bl_ignore_write_signals(void);

#endif
