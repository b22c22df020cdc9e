// A set of SHA-256 digests.
#ifndef DIGESTS_H
#define DIGESTS_H

#include "caponier.h"
#include "sha256.h"

typedef struct {
  uint8_t (*list)[SHA256_BYTES];
  size_t count, capacity;
} digest_set;

// Adds a digest in 64 hexadecimal digits. Answers whether it is one.
bool digests_add(digest_set *set, caponier_text hex);
// Adds those of a list as `sha256sum` writes it: a digest, spaces, a name; `#` begins a comment.
// Answers 0, or the number of the first line that is none.
size_t digests_read(digest_set *set, caponier_text list);
// To be called once, after the last is added.
void digests_sort(digest_set *set);
bool digests_contain(const digest_set *set, const uint8_t digest[SHA256_BYTES]);

#endif
