// Reports that cannot be malformed: every span is brought to character boundaries and into its text.
#include <string.h>

#include "internal.h"

static caponier_policy_types_span_t fitted(const caponier_segment *segment, size_t start, size_t end) {
  caponier_text text = caponier_segment_text(segment);
  start = caponier_floor(text, start);
  end = caponier_ceil(text, end);
  // Text in a 32-bit memory has 32-bit offsets.
  return (caponier_policy_types_span_t){(uint32_t)start, (uint32_t)(end < start ? start : end)};
}

static const caponier_rule *listed(const caponier_report *report, const char *id) {
  for (size_t at = 0; at < report->plugin->rule_count; at++) {
    const caponier_rule *rule = &report->plugin->rules[at];
    if (caponier_equal(caponier_string(rule->id), caponier_string(id))) return rule;
  }
  return NULL;
}

static uint8_t severity(caponier_severity of_finding, caponier_severity of_rule) {
  caponier_severity one = of_finding == CAPONIER_AS_DECLARED ? of_rule : of_finding;
  if (one < CAPONIER_INFO || one > CAPONIER_CRITICAL) one = CAPONIER_MEDIUM;
  return (uint8_t)(one - CAPONIER_INFO);
}

bool caponier_report_finding(caponier_report *report, const caponier_finding *finding) {
  const caponier_rule *rule = listed(report, finding->rule);
  if (rule == NULL) {
    report->unlisted = finding->rule == NULL ? "" : finding->rule;
    return false;
  }
  caponier_policy_types_list_finding_t *list = &report->raw.findings;
  caponier_policy_types_finding_t *made =
      caponier_push((void **)&list->ptr, &list->len, &report->findings, sizeof *list->ptr);
  made->rule = caponier_copy(caponier_string(rule->id));
  made->severity = severity(finding->severity, rule->severity);
  // 0 is certain, and so is what is no number.
  double confidence = finding->confidence;
  made->confidence = confidence > 0 && confidence < 1 ? confidence : confidence < 0 ? 0 : 1;
  made->segment = finding->segment->id;
  if (finding->start < finding->end) {
    caponier_policy_types_span_t span = fitted(finding->segment, finding->start, finding->end);
    made->span = (caponier_policy_types_option_span_t){span.start < span.end, span};
  }
  made->message = caponier_copy(finding->message);
  if (finding->replacement.bytes != NULL) {
    made->replacement = (policy_option_string_t){true, caponier_copy(finding->replacement)};
  }
  if (finding->attribute_count > 0) {
    made->attributes.ptr = caponier_take(finding->attribute_count, sizeof *made->attributes.ptr);
    made->attributes.len = finding->attribute_count;
    for (size_t at = 0; at < finding->attribute_count; at++) {
      made->attributes.ptr[at].f0 = caponier_copy(finding->attributes[at][0]);
      made->attributes.ptr[at].f1 = caponier_copy(finding->attributes[at][1]);
    }
  }
  return true;
}

static size_t settled(const caponier_segment *segment) {
  return caponier_floor(caponier_segment_text(segment), segment->settled);
}

bool caponier_report_edit(caponier_report *report, const caponier_segment *segment, size_t start, size_t end,
                          caponier_text replacement) {
  if (start >= end) return false;
  caponier_policy_types_span_t span = fitted(segment, start, end);
  if (span.start >= span.end || span.start < settled(segment)) return false;
  caponier_policy_types_list_edit_t *list = &report->raw.edits;
  caponier_policy_types_edit_t *made =
      caponier_push((void **)&list->ptr, &list->len, &report->edits, sizeof *list->ptr);
  *made = (caponier_policy_types_edit_t){segment->id, span, caponier_copy(replacement)};
  return true;
}

void caponier_report_hold(caponier_report *report, const caponier_segment *segment, size_t start, uint32_t wake) {
  if (!segment->open) return;
  size_t least = settled(segment);
  uint32_t at = (uint32_t)caponier_floor(caponier_segment_text(segment), start < least ? least : start);
  caponier_policy_types_list_hold_t *list = &report->raw.holds;
  for (size_t known = 0; known < list->len; known++) {
    caponier_policy_types_hold_t *hold = &list->ptr[known];
    if (hold->segment != segment->id) continue;
    if (at < hold->start) hold->start = at;
    if (wake == 0) hold->wake.is_some = false;
    else if (hold->wake.is_some && wake < hold->wake.val) hold->wake.val = wake;
    return;
  }
  caponier_policy_types_hold_t *made =
      caponier_push((void **)&list->ptr, &list->len, &report->holds, sizeof *list->ptr);
  *made = (caponier_policy_types_hold_t){segment->id, at, {wake > 0, wake}};
}

void caponier_report_skip(caponier_report *report, const caponier_segment *segment, caponier_text reason) {
  caponier_policy_types_list_skip_t *list = &report->raw.skipped;
  caponier_policy_types_skip_t *made =
      caponier_push((void **)&list->ptr, &list->len, &report->skipped, sizeof *list->ptr);
  *made = (caponier_policy_types_skip_t){segment->id, caponier_copy(reason)};
}

static policy_list_u8_t bytes(const uint8_t *content, size_t length) {
  policy_string_t copy = caponier_copy((caponier_text){(const char *)content, length});
  return (policy_list_u8_t){copy.ptr, copy.len};
}

bool caponier_report_note(caponier_report *report, const caponier_segment *segment, const uint8_t *note,
                          size_t length) {
  if (segment->open || segment->offset > 0 || length > CAPONIER_MAX_NOTE) return false;
  caponier_policy_types_list_note_t *list = &report->raw.notes;
  caponier_policy_types_note_t *made =
      caponier_push((void **)&list->ptr, &list->len, &report->notes, sizeof *list->ptr);
  *made = (caponier_policy_types_note_t){segment->id, bytes(note, length)};
  return true;
}

bool caponier_report_state(caponier_report *report, const uint8_t *state, size_t length) {
  if (length > CAPONIER_MAX_STATE) return false;
  report->raw.state = (policy_option_list_u8_t){true, bytes(state, length)};
  return true;
}
