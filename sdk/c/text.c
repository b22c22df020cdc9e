#include <stdlib.h>
#include <string.h>

#include "internal.h"

void *caponier_take(size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / size) abort();
  size_t bytes = count * size;
  void *memory = malloc(bytes == 0 ? 1 : bytes);
  if (memory == NULL) abort();
  return memset(memory, 0, bytes);
}

void *caponier_push(void **list, size_t *length, size_t *capacity, size_t size) {
  if (*length == *capacity) {
    size_t wanted = *capacity == 0 ? 8 : *capacity * 2;
    if (wanted < *capacity || wanted > SIZE_MAX / size) abort();
    void *made = realloc(*list, wanted * size);
    if (made == NULL) abort();
    *list = made;
    *capacity = wanted;
  }
  unsigned char *place = (unsigned char *)*list + *length * size;
  *length += 1;
  return memset(place, 0, size);
}

policy_string_t caponier_copy(caponier_text text) {
  policy_string_t copy = {NULL, text.length};
  if (text.length == 0) return copy;
  copy.ptr = caponier_take(text.length, 1);
  memcpy(copy.ptr, text.bytes, text.length);
  return copy;
}

caponier_text caponier_string(const char *string) {
  return (caponier_text){string, string == NULL ? 0 : strlen(string)};
}

static caponier_text lifted(policy_string_t string) {
  return (caponier_text){string.len == 0 ? "" : (const char *)string.ptr, string.len};
}

caponier_text caponier_segment_text(const caponier_segment *segment) { return lifted(segment->text); }

caponier_text caponier_attribute(const caponier_segment *segment, const char *name) {
  for (size_t at = 0; at < segment->attributes.len; at++) {
    if (caponier_equal(lifted(segment->attributes.ptr[at].f0), caponier_string(name))) {
      return lifted(segment->attributes.ptr[at].f1);
    }
  }
  return (caponier_text){NULL, 0};
}

bool caponier_equal(caponier_text one, caponier_text other) {
  return one.length == other.length && (one.length == 0 || memcmp(one.bytes, other.bytes, one.length) == 0);
}

caponier_text caponier_slice(caponier_text text, size_t start, size_t end) {
  if (end > text.length) end = text.length;
  if (start >= end) return (caponier_text){"", 0};
  return (caponier_text){text.bytes + start, end - start};
}

static char lower(char byte) { return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte; }

static size_t find(caponier_text text, caponier_text what, size_t from, bool ignoring_case) {
  if (what.length == 0 || what.length > text.length) return CAPONIER_NONE;
  for (size_t at = from; at <= text.length - what.length; at++) {
    size_t same = 0;
    while (same < what.length) {
      char one = text.bytes[at + same], other = what.bytes[same];
      if (ignoring_case ? lower(one) != lower(other) : one != other) break;
      same++;
    }
    if (same == what.length) return at;
  }
  return CAPONIER_NONE;
}

size_t caponier_find(caponier_text text, caponier_text what, size_t from) { return find(text, what, from, false); }

size_t caponier_find_ignoring_case(caponier_text text, caponier_text what, size_t from) {
  return find(text, what, from, true);
}

static bool is_boundary(caponier_text text, size_t at) {
  return at == 0 || at >= text.length || ((unsigned char)text.bytes[at] & 0xc0) != 0x80;
}

size_t caponier_floor(caponier_text text, size_t at) {
  if (at > text.length) at = text.length;
  while (!is_boundary(text, at)) at--;
  return at;
}

size_t caponier_ceil(caponier_text text, size_t at) {
  if (at > text.length) at = text.length;
  while (!is_boundary(text, at)) at++;
  return at;
}

size_t caponier_growing(const caponier_segment *segment, size_t window, bool (*could_continue)(uint8_t byte)) {
  if (!segment->open) return CAPONIER_NONE;
  caponier_text text = caponier_segment_text(segment);
  size_t start = text.length;
  while (start > 0 && text.length - start < window && could_continue((uint8_t)text.bytes[start - 1])) start--;
  return start == text.length ? CAPONIER_NONE : caponier_floor(text, start);
}

bool caponier_fail_text(caponier_error *error, caponier_text message) {
  // Far more than a person reads.
  if (message.length > 4096 || error->length > 65536) return false;
  size_t wanted = error->length + message.length;
  if (wanted > error->capacity) {
    char *made = realloc(error->bytes, wanted * 2);
    if (made == NULL) abort();
    error->bytes = made;
    error->capacity = wanted * 2;
  }
  if (message.length > 0) memcpy(error->bytes + error->length, message.bytes, message.length);
  error->length = wanted;
  return false;
}

bool caponier_fail(caponier_error *error, const char *message) {
  return caponier_fail_text(error, caponier_string(message));
}
