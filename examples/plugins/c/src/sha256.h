// SHA-256, as FIPS 180-4 has it.
#ifndef SHA256_H
#define SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32

typedef struct {
  uint32_t state[8];
  uint64_t length;  // bytes so far
  uint8_t block[64];
} sha256_hash;

void sha256_begin(sha256_hash *hash);
void sha256_add(sha256_hash *hash, const void *content, size_t length);
void sha256_end(sha256_hash *hash, uint8_t digest[SHA256_BYTES]);

#endif
