// Run natively under sanitizers: `make check`.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caponier.h"

static int failures;

static void check(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "failed: %s\n", what);
  failures++;
}

static exports_caponier_policy_guard_report_t inspected(const char *text, size_t length, bool open) {
  // Of exactly the size, so that a read behind the end is seen.
  uint8_t *bytes = malloc(length == 0 ? 1 : length);
  memcpy(bytes, text, length);
  caponier_segment segment = {.id = 1, .text = {bytes, length}, .open = open};
  exports_caponier_policy_guard_list_segment_t segments = {&segment, 1};
  caponier_context context = {0};
  policy_list_u8_t state = {0};
  policy_string_t message;
  exports_caponier_policy_guard_report_t report = {0};
  check(exports_caponier_policy_guard_inspect(&context, &segments, &state, &report, &message), "it judges");
  free(bytes);
  return report;
}

int main(void) {
  policy_string_t bad = {(uint8_t *)"{\"prefix\":\"\"}", 13}, good = {(uint8_t *)"{}", 2}, message;
  check(!exports_caponier_policy_guard_configure(&bad, &message), "an empty prefix is refused");
  check(exports_caponier_policy_guard_configure(&good, &message), "the default is good");
  static const char TEXT[] = "See BADGE-123456";
  for (size_t cut = 0; cut < sizeof TEXT; cut++) {
    exports_caponier_policy_guard_report_t report = inspected(TEXT, cut, true);
    if (cut > 4) check(report.holds.len == 1 && report.holds.ptr[0].start <= 4, "what is growing is held");
    check(report.findings.len == (cut == sizeof TEXT - 1), "found when it is whole");
  }
  check(inspected("XBADGE-123456 BADGE-1234567", 27, false).findings.len == 0, "part of a word");
  srand(1);
  for (int round = 0; round < 20000; round++) {
    char noise[40];
    for (size_t at = 0; at < sizeof noise; at++) noise[at] = "BADGE-0123456789 \xc3\xa4"[rand() % 19];
    inspected(noise, (size_t)rand() % sizeof noise, rand() % 2);
  }
  if (failures == 0) puts("all is well");
  return failures == 0 ? 0 : 1;
}
