#include "digests.h"

#include <stdlib.h>
#include <string.h>

static int nibble(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

bool digests_add(digest_set *set, caponier_text hex) {
  uint8_t digest[SHA256_BYTES];
  if (hex.length != sizeof digest * 2) return false;
  for (size_t at = 0; at < sizeof digest; at++) {
    int high = nibble(hex.bytes[2 * at]), low = nibble(hex.bytes[2 * at + 1]);
    if (high < 0 || low < 0) return false;
    digest[at] = (uint8_t)(high << 4 | low);
  }
  if (set->count == set->capacity) {
    size_t wanted = set->capacity == 0 ? 64 : set->capacity * 2;
    void *made = realloc(set->list, wanted * sizeof digest);
    if (made == NULL) abort();
    set->list = made;
    set->capacity = wanted;
  }
  memcpy(set->list[set->count++], digest, sizeof digest);
  return true;
}

static bool is_blank(char byte) { return byte == ' ' || byte == '\t' || byte == '\r'; }

size_t digests_read(digest_set *set, caponier_text list) {
  size_t line = 0;
  for (size_t at = 0; at < list.length; at++) {
    line++;
    while (at < list.length && is_blank(list.bytes[at])) at++;
    size_t start = at;
    while (at < list.length && !is_blank(list.bytes[at]) && list.bytes[at] != '\n') at++;
    caponier_text first = caponier_slice(list, start, at);
    if (first.length > 0 && first.bytes[0] != '#' && !digests_add(set, first)) return line;
    while (at < list.length && list.bytes[at] != '\n') at++;
  }
  return 0;
}

static int order(const uint8_t *one, const uint8_t *other) { return memcmp(one, other, SHA256_BYTES); }

static void swap(uint8_t *one, uint8_t *other) {
  uint8_t kept[SHA256_BYTES];
  memcpy(kept, one, sizeof kept);
  memcpy(one, other, sizeof kept);
  memcpy(other, kept, sizeof kept);
}

static void sink(digest_set *set, size_t at, size_t count) {
  for (size_t child = 2 * at + 1; child < count; at = child, child = 2 * at + 1) {
    if (child + 1 < count && order(set->list[child], set->list[child + 1]) < 0) child++;
    if (order(set->list[at], set->list[child]) >= 0) return;
    swap(set->list[at], set->list[child]);
  }
}

// A heap: no recursion, and no list that takes long.
void digests_sort(digest_set *set) {
  for (size_t at = set->count / 2; at-- > 0;) sink(set, at, set->count);
  for (size_t end = set->count; end-- > 1;) {
    swap(set->list[0], set->list[end]);
    sink(set, 0, end);
  }
}

bool digests_contain(const digest_set *set, const uint8_t digest[SHA256_BYTES]) {
  size_t low = 0, high = set->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int compared = order(set->list[middle], digest);
    if (compared == 0) return true;
    if (compared < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}
