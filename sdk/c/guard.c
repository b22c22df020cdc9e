// What stands between the exported functions and a plugin.
#include <string.h>

#include "internal.h"

#if !defined(CAPONIER_NAME) || !defined(CAPONIER_VERSION) || !defined(CAPONIER_DESCRIPTION)
#error "build with caponier.mk: it hands over NAME, VERSION and DESCRIPTION"
#endif

#define STAGES 3
#define KINDS 11

static bool configured;

static policy_string_t copy(const char *text) { return caponier_copy(caponier_string(text)); }

static size_t bits(uint32_t chosen, uint32_t count, uint8_t *list) {
  size_t length = 0;
  for (uint32_t bit = 0; bit < count; bit++) {
    if (chosen & CAPONIER_BIT(bit)) list[length++] = (uint8_t)bit;
  }
  return length;
}

void exports_caponier_policy_guard_describe(exports_caponier_policy_guard_manifest_t *manifest) {
  const caponier_plugin_definition *plugin = &caponier_plugin;
  memset(manifest, 0, sizeof *manifest);
  manifest->name = copy(CAPONIER_NAME);
  manifest->version = copy(CAPONIER_VERSION);
  manifest->description = copy(CAPONIER_DESCRIPTION);
  manifest->stages.ptr = caponier_take(STAGES, 1);
  manifest->stages.len = bits(plugin->stages == 0 ? UINT32_MAX : plugin->stages, STAGES, manifest->stages.ptr);
  manifest->kinds.ptr = caponier_take(KINDS, 1);
  uint32_t kinds = plugin->kinds == 0 ? ~CAPONIER_BIT(CAPONIER_POLICY_TYPES_KIND_STRUCTURED) : plugin->kinds;
  manifest->kinds.len = bits(kinds, KINDS, manifest->kinds.ptr);
  manifest->scope = plugin->scope_stage ? CAPONIER_POLICY_TYPES_SCOPE_STAGE : CAPONIER_POLICY_TYPES_SCOPE_SEGMENT;
  manifest->rules.ptr = caponier_take(plugin->rule_count, sizeof *manifest->rules.ptr);
  manifest->rules.len = plugin->rule_count;
  for (size_t at = 0; at < plugin->rule_count; at++) {
    const caponier_rule *rule = &plugin->rules[at];
    caponier_policy_types_rule_t *made = &manifest->rules.ptr[at];
    made->id = copy(rule->id);
    made->title = copy(rule->title);
    made->severity = (uint8_t)((rule->severity == CAPONIER_AS_DECLARED ? CAPONIER_MEDIUM : rule->severity) - 1);
    if (rule->category != NULL) made->category = (policy_option_string_t){true, copy(rule->category)};
    made->window = (policy_option_u32_t){rule->window > 0, rule->window};
  }
  manifest->settings_schema = caponier_settings_schema(plugin);
}

static bool answer(caponier_error *error, policy_string_t *out) {
  if (error->length == 0) caponier_fail(error, "the plugin failed and did not say why\nhint: ask its author");
  *out = (policy_string_t){(uint8_t *)error->bytes, error->length};
  return false;
}

bool exports_caponier_policy_guard_configure(policy_string_t *json, policy_string_t *out) {
  caponier_error error = {0};
  caponier_settings settings = {0};
  if (configured) {
    caponier_fail(&error, "the plugin is configured already\nhint: that is the host's mistake");
    return answer(&error, out);
  }
  caponier_text text = {(const char *)json->ptr, json->len};
  if (!caponier_settings_read(&caponier_plugin, text, &settings, &error)) return answer(&error, out);
  if (caponier_plugin.configure != NULL && !caponier_plugin.configure(&settings, &error)) return answer(&error, out);
  configured = true;
  return true;
}

bool exports_caponier_policy_guard_inspect(exports_caponier_policy_guard_context_t *context,
                                           exports_caponier_policy_guard_list_segment_t *segments,
                                           policy_list_u8_t *state, exports_caponier_policy_guard_report_t *out,
                                           policy_string_t *message) {
  caponier_error error = {0};
  if (!configured) {
    caponier_fail(&error, "the plugin is not configured\nhint: that is the host's mistake");
    return answer(&error, message);
  }
  caponier_report report = {.plugin = &caponier_plugin};
  caponier_call call = {context, segments->ptr, segments->len, state->ptr, state->len};
  if (!caponier_plugin.inspect(&call, &report, &error)) return answer(&error, message);
  if (report.unlisted != NULL) {
    caponier_fail(&error, "the plugin lists no rule `");
    caponier_fail(&error, report.unlisted);
    caponier_fail(&error, "`\nhint: add it to its `rules`");
    return answer(&error, message);
  }
  *out = report.raw;
  return true;
}
