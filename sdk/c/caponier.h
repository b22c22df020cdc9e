// Write a Caponier policy plugin in C, without a C library and without WASI.
//
// A plugin defines `caponier_plugin` and includes nothing but this file. It is compiled for
// `wasm32-unknown-unknown`; natively everything but the host's imports works the same, so that it
// can be tried under sanitizers. Every call runs in a new instance that starts from the configured
// one: memory that a call takes need not be given back.
#ifndef CAPONIER_H
#define CAPONIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bindings/policy.h"

// Some bytes of UTF-8. They are not zero-terminated, and may contain zeros.
typedef struct {
  const char *bytes;
  size_t length;
} caponier_text;

// A string literal as text.
#define CAPONIER_TEXT(literal) ((caponier_text){literal, sizeof(literal) - 1})

// A segment, as the contract has it: `text`, `offset`, `settled`, `open`, `name`, `attributes`.
typedef caponier_policy_types_segment_t caponier_segment;
// What is known of the exchange, as the contract has it.
typedef caponier_policy_types_context_t caponier_context;

typedef enum {
  CAPONIER_AS_DECLARED = 0,  // what the rule says; for a rule: medium
  CAPONIER_INFO,
  CAPONIER_LOW,
  CAPONIER_MEDIUM,
  CAPONIER_HIGH,
  CAPONIER_CRITICAL,
} caponier_severity;

// One thing that a plugin can find.
typedef struct {
  const char *id;     // in kebab-case
  const char *title;  // for people
  caponier_severity severity;
  const char *category;  // `LLM02:2025`, or NULL
  uint32_t window;       // the most bytes of text that decide a match; 0: the whole segment
} caponier_rule;

typedef enum {
  CAPONIER_STRING,
  CAPONIER_NUMBER,
  CAPONIER_INTEGER,
  CAPONIER_BOOLEAN,
  CAPONIER_STRINGS,  // a list of strings
} caponier_type;

// One thing that the operator may set.
typedef struct {
  const char *name;
  caponier_type type;
  const char *standard;     // the default, as JSON: `"BADGE-"`, `0.5`, `[]`
  const char *description;  // for people
} caponier_setting;

// Why a plugin refuses its settings or cannot judge a text. Never put inspected text in it.
typedef struct {
  char *bytes;
  size_t length;
  size_t capacity;
} caponier_error;

// Settings that have been read; opaque.
typedef struct caponier_settings caponier_settings;
// A report that is being written; opaque.
typedef struct caponier_report caponier_report;

// What a plugin is asked to look at.
typedef struct {
  const caponier_context *context;
  const caponier_segment *segments;
  size_t segment_count;
  // What this plugin handed over at its last call in the same exchange.
  const uint8_t *state;
  size_t state_length;
} caponier_call;

// One bit of `stages` or `kinds`: CAPONIER_BIT(CAPONIER_POLICY_TYPES_STAGE_OUTPUT).
#define CAPONIER_BIT(word) (UINT32_C(1) << (word))

// A plugin. Its name, version and description are what the Makefile says.
typedef struct {
  const caponier_rule *rules;
  size_t rule_count;
  const caponier_setting *settings;
  size_t setting_count;
  uint32_t stages;  // bits; 0: all
  uint32_t kinds;   // bits; 0: all but `structured`
  // Whether findings depend on more than their segment.
  bool scope_stage;
  // Gets ready; the host's files answer only here. Answers whether it could: if not, `error` says
  // which setting makes no sense, and what would.
  bool (*configure)(const caponier_settings *settings, caponier_error *error);
  // Looks at the segments of one stage. Answers whether it could judge.
  bool (*inspect)(const caponier_call *call, caponier_report *report, caponier_error *error);
} caponier_plugin_definition;

// To be defined by the plugin.
extern const caponier_plugin_definition caponier_plugin;

// ---- text -------------------------------------------------------------------------------------

// What `find` answers where there is nothing.
#define CAPONIER_NONE SIZE_MAX

// The text of a zero-terminated string; NULL is empty.
caponier_text caponier_string(const char *string);
// The text of a segment.
caponier_text caponier_segment_text(const caponier_segment *segment);
// The value of a segment's attribute; `bytes` is NULL where there is none.
caponier_text caponier_attribute(const caponier_segment *segment, const char *name);
bool caponier_equal(caponier_text one, caponier_text other);
// A part of a text, cut to it.
caponier_text caponier_slice(caponier_text text, size_t start, size_t end);
// The first place of `what` in `text` at or after `from`, or CAPONIER_NONE.
size_t caponier_find(caponier_text text, caponier_text what, size_t from);
// As `find`, whatever the case of ASCII letters.
size_t caponier_find_ignoring_case(caponier_text text, caponier_text what, size_t from);
// The last character boundary at or before `at`, and the first at or after it; both in the text.
size_t caponier_floor(caponier_text text, size_t at);
size_t caponier_ceil(caponier_text text, size_t at);
// Where the run begins of bytes at the text's end, at most `window`, that could all belong to a
// match which is still growing; CAPONIER_NONE where nothing can be.
size_t caponier_growing(const caponier_segment *segment, size_t window, bool (*could_continue)(uint8_t byte));

// ---- errors -----------------------------------------------------------------------------------

// Adds to an error. Answers false, so that a function can end with it.
bool caponier_fail(caponier_error *error, const char *message);
bool caponier_fail_text(caponier_error *error, caponier_text message);

// ---- settings ---------------------------------------------------------------------------------

// A setting's value, or its default. Of another type or name: an empty text, 0, false.
caponier_text caponier_setting_string(const caponier_settings *settings, const char *name);
double caponier_setting_number(const caponier_settings *settings, const char *name);
int64_t caponier_setting_integer(const caponier_settings *settings, const char *name);
bool caponier_setting_boolean(const caponier_settings *settings, const char *name);
size_t caponier_setting_count(const caponier_settings *settings, const char *name);
caponier_text caponier_setting_item(const caponier_settings *settings, const char *name, size_t at);

// ---- reports ----------------------------------------------------------------------------------

// A finding. What is left out is as it is mostly wanted.
typedef struct {
  const char *rule;
  const caponier_segment *segment;
  // Bytes of the segment's text; widened to whole characters and cut to the text. Empty: the
  // segment as a whole.
  size_t start, end;
  double confidence;  // above 0, up to 1; 0: certain. Report from 0.05 up.
  caponier_severity severity;
  caponier_text message;      // for a person with the right to see it; never recorded
  caponier_text replacement;  // where `bytes` is set; needs the `rewrite` grant
  const caponier_text (*attributes)[2];
  size_t attribute_count;
} caponier_finding;

// Reports a finding. Answers whether the manifest lists its rule; a call that reported one that is
// not listed fails.
bool caponier_report_finding(caponier_report *report, const caponier_finding *finding);
// Asks for a change. Needs the `rewrite` grant. Answers whether it was taken: what is settled
// cannot be changed.
bool caponier_report_edit(caponier_report *report, const caponier_segment *segment, size_t start, size_t end,
                          caponier_text replacement);
// Asks the host not to release an open segment's text from `start` on before `wake` more bytes
// have come (0: before the next ones). The earliest hold of a segment counts.
void caponier_report_hold(caponier_report *report, const caponier_segment *segment, size_t start, uint32_t wake);
// Says that the segment was not inspected, and why.
void caponier_report_skip(caponier_report *report, const caponier_segment *segment, caponier_text reason);
// Notes something of a closed segment; at most CAPONIER_MAX_NOTE bytes, none: it need not be shown
// again. It must follow from the segment alone. Answers whether it was taken.
bool caponier_report_note(caponier_report *report, const caponier_segment *segment, const uint8_t *note,
                          size_t length);
// Hands bytes to this plugin's next call in the same exchange. Answers whether they are no more
// than CAPONIER_MAX_STATE.
bool caponier_report_state(caponier_report *report, const uint8_t *state, size_t length);

#define CAPONIER_MAX_NOTE ((size_t)4096)
#define CAPONIER_MAX_STATE ((size_t)256 << 10)

// ---- the host ---------------------------------------------------------------------------------

// A line for the operator, who sees it where the plugin has the `log` grant. Never put inspected
// text in it.
void caponier_log(caponier_policy_log_level_t level, caponier_text message);
// The names of the files that the operator granted. They answer during `configure` only.
policy_list_string_t caponier_data_names(void);
// A file's bytes. Answers whether there is one; if not, `error` says why.
bool caponier_data_read(caponier_text name, caponier_text *content, caponier_error *error);
// Adds `amount` to a counter and answers its sum over the sliding window. A plugin that calls one
// of these imports `counters`, and needs that grant.
bool caponier_counters_add(caponier_text key, uint64_t amount, uint32_t window_seconds, uint64_t *sum,
                           caponier_error *error);
// Adds a member to a set and answers an estimate of the set's size over the window.
bool caponier_counters_add_unique(caponier_text key, caponier_text member, uint32_t window_seconds, uint64_t *size,
                                  caponier_error *error);

#endif
