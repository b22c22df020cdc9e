// A plugin that uses everything, for the tests.
#include "caponier.h"

static caponier_text prefix;

static const caponier_rule RULES[] = {
    {"badge", "Badge number", CAPONIER_HIGH, "LLM02:2025", 16},
    {"other", "Something \"else\"\n", CAPONIER_AS_DECLARED, NULL, 0},
};

static const caponier_setting SETTINGS[] = {
    {"prefix", CAPONIER_STRING, "\"BADGE-\"", "What a badge number starts with."},
    {"share", CAPONIER_NUMBER, "0.5", "A \"share\"."},
    {"limit", CAPONIER_INTEGER, "3", NULL},
    {"loud", CAPONIER_BOOLEAN, "false", NULL},
    {"words", CAPONIER_STRINGS, "[\"a\"]", NULL},
};

const caponier_settings *last_settings;

static bool configure(const caponier_settings *settings, caponier_error *error) {
  last_settings = settings;
  prefix = caponier_setting_string(settings, "prefix");
  if (prefix.length > 0) return true;
  return caponier_fail(error, "settings.prefix: it is empty\nhint: name what a badge number starts with");
}

static bool badge(uint8_t byte) { return byte == '-' || (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z'); }

static bool inspect(const caponier_call *call, caponier_report *report, caponier_error *error) {
  for (size_t at = 0; at < call->segment_count; at++) {
    const caponier_segment *segment = &call->segments[at];
    caponier_text text = caponier_segment_text(segment);
    if (caponier_equal(text, CAPONIER_TEXT("fail"))) return caponier_fail(error, "it fails\nhint: do not ask");
    if (caponier_equal(text, CAPONIER_TEXT("unlisted"))) {
      caponier_report_finding(report, &(caponier_finding){.rule = "nowhere", .segment = segment});
    }
    const caponier_text attributes[1][2] = {{CAPONIER_TEXT("by"), CAPONIER_TEXT("test")}};
    for (size_t start = caponier_find(text, prefix, 0); start != CAPONIER_NONE;
         start = caponier_find(text, prefix, start + 1)) {
      caponier_report_finding(report, &(caponier_finding){.rule = "badge", .segment = segment, .start = start,
                                                          .end = start + prefix.length + 6, .confidence = 0.9,
                                                          .replacement = CAPONIER_TEXT("[badge]"),
                                                          .attributes = attributes, .attribute_count = 1});
    }
    size_t growing = caponier_growing(segment, 12, badge);
    if (growing != CAPONIER_NONE) caponier_report_hold(report, segment, growing, 0);
    caponier_report_note(report, segment, NULL, 0);
  }
  return caponier_report_state(report, call->state, call->state_length);
}

const caponier_plugin_definition caponier_plugin = {
    .rules = RULES,
    .rule_count = sizeof RULES / sizeof *RULES,
    .settings = SETTINGS,
    .setting_count = sizeof SETTINGS / sizeof *SETTINGS,
    .configure = configure,
    .inspect = inspect,
};
