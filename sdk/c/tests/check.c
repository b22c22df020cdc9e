// Run natively under sanitizers: `make check`. A read or write out of bounds ends it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static int failures;

static void check(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "failed: %s\n", what);
  failures++;
}

// Copies of exactly the size, so that a sanitizer sees the byte behind.
static caponier_text exact(const char *bytes, size_t length) {
  char *copy = malloc(length == 0 ? 1 : length);
  memcpy(copy, bytes, length);
  return (caponier_text){copy, length};
}

static bool read(caponier_text json, caponier_settings *settings, char *message, size_t size) {
  caponier_error error = {0};
  bool good = caponier_settings_read(&caponier_plugin, json, settings, &error);
  snprintf(message, size, "%.*s", (int)error.length, error.length == 0 ? "" : error.bytes);
  check(good == (error.length == 0), "an error has a message, and only an error");
  free(error.bytes);
  return good;
}

static void settings(void) {
  static const char *const REFUSED[][2] = {
      {"{\"wrods\": 1}", "settings.wrods: unknown key\nhint: "},
      {"{\"prefix\": 1}", "settings.prefix: a string is expected\nhint: "},
      {"{\"share\": \"1\"}", "settings.share: a number is expected\nhint: "},
      {"{\"share\": 1e999}", "settings.share: the number is too large\nhint: "},
      {"{\"limit\": 1.5}", "settings.limit: a whole number is expected\nhint: "},
      {"{\"limit\": 9007199254740993}", "settings.limit: a whole number is expected\nhint: "},
      {"{\"limit\": 01}", "settings.limit: no valid JSON\nhint: "},
      {"{\"loud\": \"true\"}", "settings.loud: true or false is expected\nhint: "},
      {"{\"words\": [\"a\", 1]}", "settings.words: a string is expected\nhint: "},
      {"{\"words\": \"a\"}", "settings.words: a list of strings is expected\nhint: "},
      {"{\"loud\": true, \"loud\": true}", "settings.loud: it stands twice\nhint: "},
      {"{\"prefix\": \"\\ud800\"}", "settings.prefix: no valid JSON\nhint: "},
      {"{\"prefix\": \"\\ud83d \\ude00\"}", "settings.prefix: no valid JSON\nhint: "},
      {"{\"prefix\": \"\n\"}", "settings.prefix: no valid JSON\nhint: "},
      {"{\"prefix\": \"x", "settings.prefix: no valid JSON\nhint: "},
      {"{\"prefix\": \"x\"} x", "settings: no valid JSON\nhint: "},
      {"{\"prefix\": \"x\",}", "settings: a string is expected\nhint: "},
      {"{\"prefix\" \"x\"}", "settings: no valid JSON\nhint: "},
      {"[]", "settings: an object is expected\nhint: "},
      {"nul", "settings: an object is expected\nhint: "},
  };
  char message[512];
  caponier_settings made;
  for (size_t at = 0; at < sizeof REFUSED / sizeof *REFUSED; at++) {
    bool good = read(exact(REFUSED[at][0], strlen(REFUSED[at][0])), &made, message, sizeof message);
    if (good || strncmp(message, REFUSED[at][1], strlen(REFUSED[at][1])) != 0) {
      fprintf(stderr, "%s: %s\n", REFUSED[at][0], message);
      check(false, "settings that do not fit are refused with their place");
    }
  }
  for (size_t at = 0; at < 3; at++) {
    static const char *const NOTHING[] = {"", " null ", "{ }"};
    check(read(exact(NOTHING[at], strlen(NOTHING[at])), &made, message, sizeof message), "nothing is the default");
    check(caponier_equal(caponier_setting_string(&made, "prefix"), CAPONIER_TEXT("BADGE-")), "a default string");
    check(caponier_setting_number(&made, "share") == 0.5, "a default number");
    check(caponier_setting_integer(&made, "limit") == 3, "a default integer");
    check(caponier_setting_count(&made, "words") == 1, "a default list");
  }
  static const char FULL[] = "{\"prefix\":\"\\u00e4\\ud83d\\ude00\\n\\\"\",\"share\":-2.5e-1,\"limit\":-9007199254740991,"
                             "\"loud\":true,\"words\":[\"x\",\"\"]}";
  check(read(exact(FULL, sizeof FULL - 1), &made, message, sizeof message), "all settings");
  check(caponier_equal(caponier_setting_string(&made, "prefix"), CAPONIER_TEXT("ä😀\n\"")), "escapes");
  check(caponier_setting_number(&made, "share") == -0.25, "a fraction");
  check(caponier_setting_integer(&made, "limit") == -9007199254740991, "a large integer");
  check(caponier_setting_boolean(&made, "loud"), "a boolean");
  check(caponier_setting_item(&made, "words", 1).length == 0 && caponier_setting_count(&made, "words") == 2, "a list");
  check(caponier_setting_item(&made, "words", 2).length == 0, "behind a list");
  check(caponier_setting_string(&made, "share").length == 0, "another type");
  check(caponier_setting_boolean(&made, "nothing") == false, "another name");
}

static uint32_t seed = 1;

static uint32_t draw(uint32_t below) {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return seed % below;
}

static void hostile_settings(void) {
  static const char *const PIECES[] = {"{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "d83d", "\\ude00", "prefix", "\"prefix\"",
                                       "\"share\"", "\"words\"", "1", "-", ".", "e", "99999999999", "true", "null",
                                       " ", "\xff", "\x01", "ä"};
  char json[256], message[512];
  for (int round = 0; round < 200000; round++) {
    size_t length = 0;
    for (uint32_t pieces = draw(24); pieces > 0; pieces--) {
      const char *piece = PIECES[draw(sizeof PIECES / sizeof *PIECES)];
      size_t more = strlen(piece);
      if (length + more > sizeof json) break;
      memcpy(json + length, piece, more);
      length += more;
    }
    caponier_text text = exact(json, length);
    caponier_settings made;
    read(text, &made, message, sizeof message);
    free((char *)text.bytes);
    for (size_t at = 0; at < made.count; at++) free(made.values[at].items);
    free(made.values);
  }
}

static bool well_formed(caponier_text text, caponier_policy_types_span_t span) {
  return span.start < span.end && span.end <= text.length && caponier_floor(text, span.start) == span.start &&
         caponier_ceil(text, span.end) == span.end;
}

static void spans(void) {
  static const char MIXED[] = "a\xe2\x82\xac\xf0\x9d\x84\x9e\xc3\xa9z\0\xf0\x9f\x91\xa9";
  caponier_text text = exact(MIXED, sizeof MIXED - 1);
  caponier_segment segment = {.id = 7, .text = {(uint8_t *)text.bytes, text.length}, .settled = 2, .open = true};
  caponier_report report = {.plugin = &caponier_plugin};
  for (size_t start = 0; start < 20; start++) {
    for (size_t end = 0; end < 20; end++) {
      size_t far = start == 19 ? SIZE_MAX : start, last = end == 19 ? SIZE_MAX : end;
      caponier_report_finding(&report, &(caponier_finding){.rule = "badge", .segment = &segment, .start = far, .end = last});
      caponier_report_edit(&report, &segment, far, last, CAPONIER_TEXT("x"));
      caponier_report_hold(&report, &segment, far, (uint32_t)end);
    }
  }
  check(report.raw.findings.len == 400, "all findings are there");
  for (size_t at = 0; at < report.raw.findings.len; at++) {
    caponier_policy_types_finding_t *finding = &report.raw.findings.ptr[at];
    check(!finding->span.is_some || well_formed(text, finding->span.val), "a span is well formed");
    check(finding->severity == CAPONIER_POLICY_TYPES_SEVERITY_HIGH && finding->confidence == 1, "as declared");
  }
  check(report.raw.edits.len > 0, "some edits are taken");
  for (size_t at = 0; at < report.raw.edits.len; at++) {
    caponier_policy_types_span_t span = report.raw.edits.ptr[at].span;
    check(well_formed(text, span) && span.start >= 1, "an edit is well formed, and not in settled text");
  }
  check(report.raw.holds.len == 1 && report.raw.holds.ptr[0].start == 1 && !report.raw.holds.ptr[0].wake.is_some,
        "the earliest hold counts");
  const double odd[] = {-1, 0, 0.5, 1, 7, __builtin_nan("")};
  const double expected[] = {0, 1, 0.5, 1, 1, 1};
  for (size_t at = 0; at < 6; at++) {
    caponier_report_finding(&report, &(caponier_finding){.rule = "other", .segment = &segment, .confidence = odd[at]});
    check(report.raw.findings.ptr[400 + at].confidence == expected[at], "a confidence is one");
  }
}

static void finding_text(void) {
  caponier_text text = exact("aAbabAB", 7);
  check(caponier_find(text, CAPONIER_TEXT("ab"), 0) == 3, "find");
  check(caponier_find(text, CAPONIER_TEXT("ab"), 4) == CAPONIER_NONE, "find from");
  check(caponier_find_ignoring_case(text, CAPONIER_TEXT("ab"), 4) == 5, "find ignoring case");
  check(caponier_find(text, CAPONIER_TEXT(""), 0) == CAPONIER_NONE, "nothing is nowhere");
  check(caponier_find(text, CAPONIER_TEXT("aAbabABc"), 0) == CAPONIER_NONE, "too long");
  check(caponier_find(text, CAPONIER_TEXT("a"), SIZE_MAX) == CAPONIER_NONE, "from far behind");
  check(caponier_slice(text, 5, 99).length == 2 && caponier_slice(text, 9, 99).length == 0, "slices are cut");
}

static void guard(void) {
  exports_caponier_policy_guard_manifest_t manifest;
  exports_caponier_policy_guard_describe(&manifest);
  check(manifest.rules.len == 2 && manifest.kinds.len == 10 && manifest.stages.len == 3, "the manifest");
  fwrite(manifest.settings_schema.ptr, 1, manifest.settings_schema.len, stdout);
  putchar('\n');
  caponier_context context = {0};
  exports_caponier_policy_guard_report_t report;
  exports_caponier_policy_guard_list_segment_t none = {0};
  policy_list_u8_t state = {0};
  policy_string_t message, json = {(uint8_t *)"{}", 2}, bad = {(uint8_t *)"{\"prefix\":\"\"}", 13};
  check(!exports_caponier_policy_guard_inspect(&context, &none, &state, &report, &message), "not configured yet");
  check(!exports_caponier_policy_guard_configure(&bad, &message), "the plugin refuses");
  check(exports_caponier_policy_guard_configure(&json, &message), "it is configured");
  check(!exports_caponier_policy_guard_configure(&json, &message), "once");
  caponier_text text = exact("BADGE-123456 BADGE-1", 20);
  caponier_segment segment = {.id = 1, .text = {(uint8_t *)text.bytes, text.length}, .open = true};
  exports_caponier_policy_guard_list_segment_t one = {&segment, 1};
  check(exports_caponier_policy_guard_inspect(&context, &one, &state, &report, &message), "it judges");
  check(report.findings.len == 2 && report.findings.ptr[1].span.val.end == 20, "two findings, in the text");
  check(report.holds.len == 1 && report.holds.ptr[0].start == 13 && report.notes.len == 0, "a hold, and no note");
  for (int fails = 0; fails < 2; fails++) {
    segment.text = (policy_string_t){(uint8_t *)(fails ? "fail" : "unlisted"), fails ? 4 : 8};
    check(!exports_caponier_policy_guard_inspect(&context, &one, &state, &report, &message), "it fails");
    check(message.len > 10, "and says why");
  }
}

int main(void) {
  settings();
  hostile_settings();
  spans();
  finding_text();
  guard();
  if (failures == 0) puts("all is well");
  return failures == 0 ? 0 : 1;
}
