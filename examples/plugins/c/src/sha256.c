#include "sha256.h"

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotated(uint32_t word, int by) { return word >> by | word << (32 - by); }

static void mix(uint32_t state[8], const uint8_t block[64]) {
  uint32_t w[64];
  for (int at = 0; at < 16; at++) {
    const uint8_t *four = block + 4 * at;
    w[at] = (uint32_t)four[0] << 24 | (uint32_t)four[1] << 16 | (uint32_t)four[2] << 8 | four[3];
  }
  for (int at = 16; at < 64; at++) {
    uint32_t far = rotated(w[at - 15], 7) ^ rotated(w[at - 15], 18) ^ w[at - 15] >> 3;
    uint32_t near = rotated(w[at - 2], 17) ^ rotated(w[at - 2], 19) ^ w[at - 2] >> 10;
    w[at] = w[at - 16] + far + w[at - 7] + near;
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  for (int at = 0; at < 64; at++) {
    uint32_t one = h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) + K[at] + w[at];
    uint32_t two = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + one, d = c, c = b, b = a, a = one + two;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void sha256_begin(sha256_hash *hash) {
  *hash = (sha256_hash){{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
                         0x5be0cd19},
                        0,
                        {0}};
}

void sha256_add(sha256_hash *hash, const void *content, size_t length) {
  const uint8_t *bytes = content;
  size_t used = (size_t)(hash->length % sizeof hash->block);
  hash->length += length;
  while (length > 0) {
    if (used == 0 && length >= sizeof hash->block) {
      mix(hash->state, bytes);
      bytes += sizeof hash->block;
      length -= sizeof hash->block;
      continue;
    }
    hash->block[used++] = *bytes++;
    length--;
    if (used == sizeof hash->block) {
      mix(hash->state, hash->block);
      used = 0;
    }
  }
}

void sha256_end(sha256_hash *hash, uint8_t digest[SHA256_BYTES]) {
  static const uint8_t PADDING[64] = {0x80};
  uint64_t bits = hash->length * 8;
  size_t used = (size_t)(hash->length % 64);
  sha256_add(hash, PADDING, used < 56 ? 56 - used : 120 - used);
  uint8_t length[8];
  for (int at = 0; at < 8; at++) length[at] = (uint8_t)(bits >> (56 - 8 * at));
  sha256_add(hash, length, sizeof length);
  for (int at = 0; at < SHA256_BYTES; at++) digest[at] = (uint8_t)(hash->state[at / 4] >> (24 - 8 * (at % 4)));
}
