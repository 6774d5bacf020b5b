/*
 * The least that a program must do for each line of an Exim log before it can be called a report: find the line's
 * end, the message by its id, the sender's domain of an arrival and the remote host of an outcome, and count by
 * host, by domain and by both. It reads no time, knows no rule, believes every line, misreads quotes and subjects,
 * and forgets recipients: a yardstick for `run`, never a report.
 *
 * Names, messages and counts are loaded a batch of lines ahead, since waiting for memory is most of the work.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { block = 256 * 1024, batch = 128, places = 1 << 16, pair_places = 1 << 21 };

struct name {
  uint32_t check, number;
  uint32_t start, length;
};
struct message {
  uint64_t id[3];
  uint32_t domain, is_open;
  uint64_t recipients[2];
};
struct pair {
  uint64_t key;
  uint32_t count;
};
struct record {
  uint64_t id[3], place, name_hash, recipient;
  const char *name;
  uint32_t name_length;
  char kind, is_551;
};

static struct name *names;
static uint32_t name_mask = 1023, name_count = 1;
static char *name_bytes;
static size_t name_length, name_room = 1 << 20;
static struct message messages[places];
static struct pair pairs[pair_places];
static uint32_t by_host[1 << 20], by_domain[1 << 20];
static uint64_t lines, delivered, failed, deferred, completed, failed_551;

static uint64_t mix(uint64_t a, uint64_t b) {
  __uint128_t product = (__uint128_t)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t word(const char *at) {
  uint64_t word;
  memcpy(&word, at, 8);
  return word;
}

static uint64_t hash(const char *at, size_t length) {
  uint64_t hash = length * 0x9E3779B97F4A7C15u, last = 0;
  for (; length >= 8; at += 8, length -= 8) hash = mix(hash ^ word(at), 0xA0761D6478BD642Fu);
  memcpy(&last, at, length);
  return mix(hash ^ last, 0xE7037ED1A0B428DBu);
}

static uint64_t place_of_id(const uint64_t *id) {
  return mix(mix(id[0] ^ 551, 0xA0761D6478BD642Fu) ^ id[1], 0xE7037ED1A0B428DBu) ^ id[2];
}

static void more_names(void) {
  struct name *old = names;
  uint32_t count = name_mask + 1;
  name_mask = name_mask * 2 + 1;
  names = calloc(name_mask + 1, sizeof *names);
  for (uint32_t i = 0; i < count; i++) {
    if (old[i].number == 0) continue;
    uint32_t at = hash(name_bytes + old[i].start, old[i].length) & name_mask;
    while (names[at].number) at = (at + 1) & name_mask;
    names[at] = old[i];
  }
  free(old);
}

static uint32_t number(const struct record *record) {
  uint32_t check = record->name_hash >> 32, at = record->name_hash & name_mask;
  for (; names[at].number; at = (at + 1) & name_mask) {
    if (names[at].check == check && names[at].length == record->name_length &&
        memcmp(name_bytes + names[at].start, record->name, record->name_length) == 0)
      return names[at].number;
  }
  while (name_length + record->name_length > name_room) name_bytes = realloc(name_bytes, name_room *= 2);
  memcpy(name_bytes + name_length, record->name, record->name_length);
  names[at] = (struct name){check, name_count++, name_length, record->name_length};
  name_length += record->name_length;
  if (name_count * 2 > name_mask) more_names();
  return name_count - 1;
}

static void note_name(struct record *record, const char *name, const char *end) {
  record->name = name;
  record->name_length = end - name;
  record->name_hash = hash(name, end - name);
  __builtin_prefetch(&names[record->name_hash & name_mask]);
}

static const char *word_end(const char *at, const char *end) {
  const char *space = memchr(at, ' ', end - at);
  return space ? space : end;
}

static void parse(struct record *record, const char *line, const char *end) {
  memset(record, 0, sizeof *record);
  if (end - line < 40) {
    record->kind = '?';
    return;
  }
  const char *id = line + 20, *behind = word_end(id, end), *flag = behind + 1;
  record->id[0] = word(id);
  record->id[1] = word(id + 8);
  record->id[2] = behind - id > 16 ? word(id + 15) : 0;
  record->place = place_of_id(record->id) & (places - 1);
  __builtin_prefetch(&messages[record->place]);
  if (flag + 3 >= end || *flag == 'C') {
    record->kind = 'C';
    return;
  }
  record->kind = flag[0] == '<' ? '<' : flag[1];
  const char *address = flag + 3, *field = word_end(address, end);
  if (record->kind == '<') {
    const char *at = memchr(address, '@', field - address);
    if (at) note_name(record, at + 1, field);
    while (field < end) field = word_end(field + 1, end);
    return;
  }
  record->recipient = hash(address, field - address);
  while (field < end) {
    field++;
    if (end - field > 3 && field[1] == '=') {
      if (field[0] == 'H' && !record->name) note_name(record, field + 2, word_end(field + 2, end));
      if (field[0] == 'C' && field[2] == '"') break;
    }
    field = word_end(field, end);
  }
  if (record->kind == '*' && record->name) record->is_551 = memmem(record->name, end - record->name, " 551 ", 5) != NULL;
}

static void forget(uint32_t hole) {
  completed++;
  for (uint32_t at = (hole + 1) & (places - 1); messages[at].is_open; at = (at + 1) & (places - 1)) {
    uint32_t home = place_of_id(messages[at].id) & (places - 1);
    if (((at - home) & (places - 1)) < ((at - hole) & (places - 1))) continue;
    messages[hole] = messages[at];
    hole = at;
  }
  messages[hole].is_open = 0;
}

/* Takes a record in; the key of the pair that it counts for, or 0. */
static uint64_t receive(const struct record *record) {
  uint32_t at = record->place;
  if (record->kind == '?') return 0;
  while (messages[at].is_open && memcmp(messages[at].id, record->id, sizeof record->id) != 0) at = (at + 1) & (places - 1);
  if (record->kind == '<') {
    messages[at] = (struct message){.is_open = 1, .domain = record->name ? number(record) : 0};
    memcpy(messages[at].id, record->id, sizeof record->id);
    return 0;
  }
  if (record->kind == 'C') {
    if (messages[at].is_open) forget(at);
    return 0;
  }
  delivered += record->kind == '>';
  failed += record->kind == '*';
  failed_551 += record->is_551;
  deferred += record->kind == '=';
  if (!messages[at].is_open || messages[at].recipients[0] == record->recipient ||
      messages[at].recipients[1] == record->recipient)
    return 0;
  messages[at].recipients[1] = messages[at].recipients[0];
  messages[at].recipients[0] = record->recipient;
  return (uint64_t)(record->name ? number(record) : 0) << 32 | messages[at].domain;
}

static uint32_t place_of_pair(uint64_t key) { return mix(key, 0x9E3779B97F4A7C15u) & (pair_places - 1); }

static void count(uint64_t key) {
  by_host[(key >> 32) & 0xFFFFF]++;
  by_domain[key & 0xFFFFF]++;
  uint32_t at = place_of_pair(key);
  while (pairs[at].count && pairs[at].key != key) at = (at + 1) & (pair_places - 1);
  pairs[at].key = key;
  pairs[at].count++;
}

int main(int argc, char **argv) {
  static char buffer[block + 64];
  static struct record records[batch];
  static uint64_t keys[batch];
  int file = argc == 2 ? open(argv[1], O_RDONLY) : -1;
  if (file < 0) return 66;
  names = calloc(name_mask + 1, sizeof *names);
  name_bytes = malloc(name_room);
  size_t have = 0;
  for (ssize_t got; (got = read(file, buffer + have, block - have)) > 0;) {
    have += got;
    char *next = buffer, *end = memrchr(buffer, '\n', have);
    if (!end) break;
    while (next <= end) {
      int some = 0, counted = 0;
      for (; some < batch && next <= end; some++, lines++) {
        char *line_end = memchr(next, '\n', end + 1 - next);
        parse(&records[some], next, line_end);
        next = line_end + 1;
      }
      for (int i = 0; i < some; i++) {
        if (i + 8 < some) __builtin_prefetch(name_bytes + names[records[i + 8].name_hash & name_mask].start);
        uint64_t key = receive(&records[i]);
        if (key) {
          __builtin_prefetch(&pairs[place_of_pair(key)]);
          keys[counted++] = key;
        }
      }
      for (int i = 0; i < counted; i++) count(keys[i]);
    }
    have = buffer + have - next;
    memmove(buffer, next, have);
  }
  printf("%lu lines, %lu delivered, %lu failed (%lu with 551), %lu deferred, %lu completed, %u names\n", lines, delivered, failed,
         failed_551, deferred, completed, name_count);
  return 0;
}
