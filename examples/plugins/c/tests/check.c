// Run natively under sanitizers: `make check`.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digests.h"

static const char *file;

// A host that grants one file.
void caponier_policy_data_names(policy_list_string_t *names) {
  static policy_string_t one = {(uint8_t *)"list.sha256", 11};
  *names = (policy_list_string_t){&one, file != NULL};
}
bool caponier_policy_data_read(policy_string_t *name, policy_list_u8_t *content, policy_string_t *error) {
  (void)name, (void)error;
  *content = (policy_list_u8_t){(uint8_t *)file, strlen(file)};
  return true;
}
static int failures;

static void check(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "failed: %s\n", what);
  failures++;
}

static void hashed(const char *content, size_t length, size_t piece, char hex[65]) {
  sha256_hash hash;
  uint8_t digest[SHA256_BYTES];
  sha256_begin(&hash);
  for (size_t at = 0; at < length; at += piece) {
    size_t more = length - at < piece ? length - at : piece;
    sha256_add(&hash, content + at, more);
  }
  sha256_end(&hash, digest);
  for (size_t at = 0; at < sizeof digest; at++) snprintf(hex + 2 * at, 3, "%02x", digest[at]);
}

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

// The vectors of FIPS 180-4 and NIST's examples.
static void vectors(void) {
  static const char *const KNOWN[][2] = {
      {"", EMPTY},
      {"abc", ABC},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst"
       "nopqrstu",
       "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
  };
  char hex[65];
  for (size_t at = 0; at < 4; at++) {
    for (size_t piece = 1; piece < 130; piece++) {
      hashed(KNOWN[at][0], strlen(KNOWN[at][0]), piece, hex);
      check(strcmp(hex, KNOWN[at][1]) == 0, "a known vector");
    }
  }
  char *million = malloc(1000000);
  memset(million, 'a', 1000000);
  hashed(million, 1000000, 999, hex);
  check(strcmp(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0") == 0, "a million");
  free(million);
}

static void lists(void) {
  digest_set set = {0};
  static const char GOOD[] = "# a comment\n\n" EMPTY "  empty.txt\r\n  " ABC "\n" ABC " *twice";
  check(digests_read(&set, CAPONIER_TEXT(GOOD)) == 0 && set.count == 3, "a list");
  static const char *const BAD[] = {"x", EMPTY "0", "ba78", "#\n" EMPTY "\ng" ABC};
  for (size_t at = 0; at < 4; at++) {
    check(digests_read(&set, caponier_string(BAD[at])) == (at == 3 ? 3 : 1), "the line that is wrong");
  }
  uint32_t seed = 7;
  digest_set many = {0};
  for (int at = 0; at < 5000; at++) {
    char hex[65];
    for (int digit = 0; digit < 64; digit++) {
      seed = seed * 1664525 + 1013904223;
      hex[digit] = "0123456789abcdef"[seed >> 28];
    }
    check(digests_add(&many, (caponier_text){hex, 64}), "a random digest");
  }
  uint8_t (*copy)[SHA256_BYTES] = malloc(many.count * SHA256_BYTES);
  memcpy(copy, many.list, many.count * SHA256_BYTES);
  digests_sort(&many);
  for (size_t at = 0; at < many.count; at++) {
    check(digests_contain(&many, copy[at]), "what was added is there");
    copy[at][at % SHA256_BYTES] ^= 1;
    check(!digests_contain(&many, copy[at]), "one bit away is not");
  }
}

static size_t findings(const char *text, bool open, uint64_t offset) {
  caponier_segment segment = {.id = 4, .kind = CAPONIER_POLICY_TYPES_KIND_DOCUMENT, .open = open, .offset = offset};
  segment.text = (policy_string_t){(uint8_t *)text, strlen(text)};
  exports_caponier_policy_guard_list_segment_t segments = {&segment, 1};
  caponier_context context = {0};
  policy_list_u8_t state = {0};
  policy_string_t message;
  exports_caponier_policy_guard_report_t report;
  bool good = exports_caponier_policy_guard_inspect(&context, &segments, &state, &report, &message);
  check(good && report.holds.len == open, "an open document is held");
  for (size_t at = 0; at < report.findings.len; at++) check(!report.findings.ptr[at].span.is_some, "as a whole");
  return report.findings.len;
}

static bool configured(const char *json) {
  policy_string_t text = {(uint8_t *)json, strlen(json)}, message = {0};
  bool good = exports_caponier_policy_guard_configure(&text, &message);
  if (!good) printf("%.*s\n", (int)message.len, message.ptr);
  return good;
}

int main(void) {
  vectors();
  lists();
  check(!configured("{}"), "no list");
  check(!configured("{\"digests\": [\"abc\"]}"), "no digest");
  file = "# nothing\nnonsense\n";
  check(!configured("{}"), "no list in a file");
  file = ABC "  abc.txt\n";
  check(configured("{\"digests\": [\"" EMPTY "\"]}"), "a file and a setting");
  check(findings("abc", false, 0) == 0 && findings("", false, 0) == 0, "what is listed passes");
  check(findings("abd", false, 0) == 1 && findings("abc ", false, 0) == 1, "what is not is found");
  check(findings("abc", false, 1) == 1 && findings("abc", true, 0) == 0, "a part is not on the list");
  if (failures == 0) puts("all is well");
  return failures == 0 ? 0 : 1;
}
