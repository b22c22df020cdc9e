// Finds staff badge numbers: a prefix and six digits.
#include "caponier.h"

#define DIGITS 6

static caponier_text prefix;

static const caponier_rule RULES[] = {
    {"badge", "Staff badge number", CAPONIER_HIGH, "LLM02:2025", 256},
};

static const caponier_setting SETTINGS[] = {
    {"prefix", CAPONIER_STRING, "\"BADGE-\"", "What a badge number starts with: at most 200 bytes."},
};

static bool configure(const caponier_settings *settings, caponier_error *error) {
  prefix = caponier_setting_string(settings, "prefix");
  // With the digits and the character behind it must lie in the rule's window.
  if (prefix.length > 0 && prefix.length <= 200) return true;
  return caponier_fail(error, "settings.prefix: it is empty or too long\n"
                              "hint: name what a badge number starts with, in 1 to 200 bytes");
}

static bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

static bool is_word(char byte) {
  char lower = (char)(byte | 0x20);
  // What is not ASCII may be a letter.
  return is_digit(byte) || byte == '_' || (lower >= 'a' && lower <= 'z') || (unsigned char)byte >= 0x80;
}

// Where the number ends that the prefix at `start` begins, or CAPONIER_NONE.
static size_t end_of(caponier_text text, size_t start) {
  size_t at = start + prefix.length;
  if (start > 0 && is_word(text.bytes[start - 1]) && is_word(prefix.bytes[0])) return CAPONIER_NONE;
  for (int digits = 0; digits < DIGITS; digits++, at++) {
    if (at >= text.length || !is_digit(text.bytes[at])) return CAPONIER_NONE;
  }
  return at < text.length && is_word(text.bytes[at]) ? CAPONIER_NONE : at;
}

static bool could_continue(uint8_t byte) {
  return is_word((char)byte) || caponier_find(prefix, (caponier_text){(const char *)&byte, 1}, 0) != CAPONIER_NONE;
}

static bool inspect(const caponier_call *call, caponier_report *report, caponier_error *error) {
  (void)error;
  for (size_t at = 0; at < call->segment_count; at++) {
    const caponier_segment *segment = &call->segments[at];
    caponier_text text = caponier_segment_text(segment);
    for (size_t start = caponier_find(text, prefix, 0); start != CAPONIER_NONE;
         start = caponier_find(text, prefix, start + 1)) {
      size_t end = end_of(text, start);
      if (end == CAPONIER_NONE) continue;
      caponier_report_finding(report, &(caponier_finding){
                                          .rule = "badge",
                                          .segment = segment,
                                          .start = start,
                                          .end = end,
                                          .confidence = 0.95,
                                      });
    }
    // In a stream: what may become a badge number must not go out yet.
    size_t growing = caponier_growing(segment, prefix.length + DIGITS + 1, could_continue);
    if (growing != CAPONIER_NONE) caponier_report_hold(report, segment, growing, 0);
  }
  return true;
}

const caponier_plugin_definition caponier_plugin = {
    .rules = RULES,
    .rule_count = sizeof RULES / sizeof *RULES,
    .settings = SETTINGS,
    .setting_count = sizeof SETTINGS / sizeof *SETTINGS,
    .configure = configure,
    .inspect = inspect,
};
