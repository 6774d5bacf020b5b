/*
 * Sixteen bytes of a line at a time: which of them belong to a class, the first byte as the lowest bit.
 * Swift's vectors have no such sums of their lanes. The classes are those of the pattern files as PCRE2
 * reads them in its C locale. Each function reads sixteen bytes, wherever they lie.
 */
#ifndef BOUNCELOG_BYTE_MASKS_H
#define BOUNCELOG_BYTE_MASKS_H

#include <stdint.h>
#include <string.h>

typedef unsigned char bl_bytes16 __attribute__((vector_size(16), aligned(1)));
typedef _Bool bl_lanes16 __attribute__((ext_vector_type(16)));

static inline bl_bytes16 bl_sixteen(const void *at) {
  return *(const bl_bytes16 *)at;
}

/* The lanes that are not zero, a bit for each. */
static inline uint32_t bl_bits(bl_bytes16 lanes) {
  bl_lanes16 are_set = __builtin_convertvector(lanes, bl_lanes16);
  uint16_t bits;
  memcpy(&bits, &are_set, sizeof bits);
  return bits;
}

/* The lanes whose bytes lie between two others. */
static inline bl_bytes16 bl_between(bl_bytes16 bytes, unsigned char low, unsigned char top) {
  return (bl_bytes16)((bl_bytes16)(bytes - low) <= (unsigned char)(top - low));
}

static inline bl_bytes16 bl_letters(bl_bytes16 bytes) {
  return bl_between(bytes | 0x20, 'a', 'z');
}

/* `\d`. */
static inline uint32_t bl_digits(const void *at) {
  return bl_bits(bl_between(bl_sixteen(at), '0', '9'));
}

/* `\w`. */
static inline uint32_t bl_words(const void *at) {
  bl_bytes16 bytes = bl_sixteen(at);
  return bl_bits(bl_letters(bytes) | bl_between(bytes, '0', '9') | (bl_bytes16)(bytes == '_'));
}

/* `\s`. */
static inline uint32_t bl_spaces(const void *at) {
  bl_bytes16 bytes = bl_sixteen(at);
  return bl_bits((bl_bytes16)(bytes == ' ') | bl_between(bytes, 9, 13));
}

/* `[\s:]`. */
static inline uint32_t bl_spaces_and_colons(const void *at) {
  bl_bytes16 bytes = bl_sixteen(at);
  return bl_bits((bl_bytes16)(bytes == ' ') | (bl_bytes16)(bytes == ':') | bl_between(bytes, 9, 13));
}

/* `[\w.+=-]` and the slash: bytes of which nearly every address and host name is made. */
static inline uint32_t bl_plain(const void *at) {
  bl_bytes16 bytes = bl_sixteen(at);
  return bl_bits(bl_letters(bytes) | bl_between(bytes, '-', '9') | (bl_bytes16)(bytes == '_') |
                 (bl_bytes16)(bytes == '+') | (bl_bytes16)(bytes == '='));
}

/* `[0-9A-Fa-f.:]`, of which IP addresses are made. */
static inline uint32_t bl_address_digits(const void *at) {
  bl_bytes16 bytes = bl_sixteen(at);
  return bl_bits(bl_between(bytes | 0x20, 'a', 'f') | bl_between(bytes, '0', ':') |
                 (bl_bytes16)(bytes == '.'));
}

/* `[0-9A-F]`, of which short queue ids are made. */
static inline uint32_t bl_capital_hex(const void *at) {
  bl_bytes16 bytes = bl_sixteen(at);
  return bl_bits(bl_between(bytes, '0', '9') | bl_between(bytes, 'A', 'F'));
}

/* Digits and letters without the vowels, of which long queue ids are made. */
static inline uint32_t bl_base52(const void *at) {
  bl_bytes16 bytes = bl_sixteen(at), small = bytes | 0x20;
  bl_bytes16 vowels = (bl_bytes16)(small == 'a') | (bl_bytes16)(small == 'e') | (bl_bytes16)(small == 'i') |
                      (bl_bytes16)(small == 'o') | (bl_bytes16)(small == 'u');
  return bl_bits((bl_letters(bytes) & ~vowels) | bl_between(bytes, '0', '9'));
}

/* One byte. */
static inline uint32_t bl_equal(const void *at, unsigned char byte) {
  return bl_bits((bl_bytes16)(bl_sixteen(at) == byte));
}

#endif
