// What the files of the SDK share, and no plugin needs.
#ifndef CAPONIER_INTERNAL_H
#define CAPONIER_INTERNAL_H

#include "caponier.h"

// Memory for `count` things of `size` bytes, all zero. Traps where there is none left.
void *caponier_take(size_t count, size_t size);
// Room for one more thing in a list that grows; answers it, all zero.
void *caponier_push(void **list, size_t *length, size_t *capacity, size_t size);
// A copy of a text, for the host.
policy_string_t caponier_copy(caponier_text text);

typedef struct {
  caponier_type type;
  caponier_text string;
  double number;
  bool boolean;
  caponier_text *items;
  size_t length, capacity;
} caponier_value;

struct caponier_settings {
  const caponier_setting *known;
  size_t count;
  caponier_value *values;
};

// Reads settings strictly. No text at all, or `null`, stands for the defaults.
bool caponier_settings_read(const caponier_plugin_definition *plugin, caponier_text json,
                            caponier_settings *settings, caponier_error *error);
// The JSON Schema of the settings.
policy_string_t caponier_settings_schema(const caponier_plugin_definition *plugin);

struct caponier_report {
  const caponier_plugin_definition *plugin;
  caponier_policy_types_report_t raw;
  size_t findings, edits, holds, skipped, notes;  // capacities
  const char *unlisted;                           // a rule that was reported and is not listed
};

#endif
