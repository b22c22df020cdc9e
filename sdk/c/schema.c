// The JSON Schema of the settings that a plugin declares.
#include <string.h>

#include "internal.h"

typedef struct {
  char *bytes;
  size_t length, capacity;
} writer;

static void raw(writer *out, const char *text) {
  for (; *text != 0; text++) *(char *)caponier_push((void **)&out->bytes, &out->length, &out->capacity, 1) = *text;
}

static void quoted(writer *out, const char *text) {
  static const char DIGITS[] = "0123456789abcdef";
  raw(out, "\"");
  for (; *text != 0; text++) {
    unsigned char byte = (unsigned char)*text;
    char escape[7] = {'\\', *text, 0};
    char control[7] = {'\\', 'u', '0', '0', DIGITS[byte >> 4], DIGITS[byte & 15], 0};
    char plain[2] = {*text, 0};
    raw(out, byte < 0x20 ? control : byte == '"' || byte == '\\' ? escape : plain);
  }
  raw(out, "\"");
}

static const char *type(caponier_type type) {
  switch (type) {
    case CAPONIER_STRING: return "\"type\":\"string\"";
    case CAPONIER_NUMBER: return "\"type\":\"number\"";
    case CAPONIER_INTEGER: return "\"type\":\"integer\"";
    case CAPONIER_BOOLEAN: return "\"type\":\"boolean\"";
    case CAPONIER_STRINGS: return "\"type\":\"array\",\"items\":{\"type\":\"string\"}";
  }
  return "\"type\":\"null\"";
}

policy_string_t caponier_settings_schema(const caponier_plugin_definition *plugin) {
  writer out = {0};
  raw(&out, "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\",\"properties\":{");
  for (size_t at = 0; at < plugin->setting_count; at++) {
    const caponier_setting *setting = &plugin->settings[at];
    if (at > 0) raw(&out, ",");
    quoted(&out, setting->name);
    raw(&out, ":{");
    raw(&out, type(setting->type));
    raw(&out, ",\"default\":");
    raw(&out, setting->standard);
    if (setting->description != NULL) {
      raw(&out, ",\"description\":");
      quoted(&out, setting->description);
    }
    raw(&out, "}");
  }
  raw(&out, "},\"additionalProperties\":false}");
  return (policy_string_t){(uint8_t *)out.bytes, out.length};
}
