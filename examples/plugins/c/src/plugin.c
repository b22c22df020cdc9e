// Lets documents pass only if the SHA-256 of their text is on a list: what was put into the store
// by somebody else is found, whatever it says.
#include "caponier.h"
#include "digests.h"

static digest_set allowed;

static const caponier_rule RULES[] = {
    {"unlisted-document", "Document that is not on the list", CAPONIER_HIGH, "LLM08:2025", 0},
};

static const caponier_setting SETTINGS[] = {
    {"digests", CAPONIER_STRINGS, "[]", "SHA-256 of the documents' text, in hexadecimal digits."},
    {"files", CAPONIER_BOOLEAN, "true", "Whether lists are read from the granted directory: what sha256sum writes."},
};

static bool read_files(caponier_error *error) {
  policy_list_string_t names = caponier_data_names();
  for (size_t at = 0; at < names.len; at++) {
    caponier_text name = {(const char *)names.ptr[at].ptr, names.ptr[at].len}, content;
    if (!caponier_data_read(name, &content, error)) return false;
    size_t line = digests_read(&allowed, content);
    if (line == 0) continue;
    char digits[20];
    size_t first = sizeof digits;
    for (; line > 0; line /= 10) digits[--first] = (char)('0' + line % 10);
    caponier_fail_text(error, name);
    caponier_fail(error, ":");
    caponier_fail_text(error, (caponier_text){digits + first, sizeof digits - first});
    return caponier_fail(error, ": no SHA-256\nhint: write a line as sha256sum does, or a `#` in front of it");
  }
  return true;
}

static bool configure(const caponier_settings *settings, caponier_error *error) {
  allowed = (digest_set){0};
  for (size_t at = 0; at < caponier_setting_count(settings, "digests"); at++) {
    if (!digests_add(&allowed, caponier_setting_item(settings, "digests", at))) {
      return caponier_fail(error, "settings.digests: one is no SHA-256\nhint: write 64 hexadecimal digits");
    }
  }
  if (caponier_setting_boolean(settings, "files") && !read_files(error)) return false;
  if (allowed.count == 0) {
    return caponier_fail(error, "settings.digests: no document is listed, so none would pass\n"
                                "hint: list digests, or grant a directory of lists: `grants: { data: ./lists }`");
  }
  digests_sort(&allowed);
  return true;
}

static bool inspect(const caponier_call *call, caponier_report *report, caponier_error *error) {
  (void)error;
  for (size_t at = 0; at < call->segment_count; at++) {
    const caponier_segment *segment = &call->segments[at];
    if (segment->open) {
      // Nothing can be said of a part, so nothing of it goes out.
      caponier_report_hold(report, segment, 0, 0);
      continue;
    }
    sha256_hash hash;
    uint8_t digest[SHA256_BYTES];
    caponier_text text = caponier_segment_text(segment);
    sha256_begin(&hash);
    sha256_add(&hash, text.bytes, text.length);
    sha256_end(&hash, digest);
    // A part of a document is not on the list, whatever its digest.
    if (segment->offset == 0 && digests_contain(&allowed, digest)) continue;
    caponier_report_finding(report, &(caponier_finding){.rule = "unlisted-document", .segment = segment});
  }
  return true;
}

const caponier_plugin_definition caponier_plugin = {
    .rules = RULES,
    .rule_count = sizeof RULES / sizeof *RULES,
    .settings = SETTINGS,
    .setting_count = sizeof SETTINGS / sizeof *SETTINGS,
    .kinds = CAPONIER_BIT(CAPONIER_POLICY_TYPES_KIND_DOCUMENT),
    .configure = configure,
    .inspect = inspect,
};
