// Reading settings strictly: one JSON object of strings, numbers, booleans and lists of strings.
#include "internal.h"

#include <string.h>

typedef struct {
  caponier_text json;
  size_t at;
  const char *name;  // of the setting that is being read, for messages
  caponier_error *error;
} reader;

static bool wrong(reader *in, const char *what, const char *hint) {
  caponier_fail(in->error, "settings");
  if (in->name != NULL) {
    caponier_fail(in->error, ".");
    caponier_fail(in->error, in->name);
  }
  caponier_fail(in->error, ": ");
  caponier_fail(in->error, what);
  caponier_fail(in->error, "\nhint: ");
  return caponier_fail(in->error, hint);
}

static bool no_json(reader *in) { return wrong(in, "no valid JSON", "write an object: {}"); }

static int peek(reader *in) {
  while (in->at < in->json.length) {
    char byte = in->json.bytes[in->at];
    if (byte != ' ' && byte != '\t' && byte != '\n' && byte != '\r') return (unsigned char)byte;
    in->at++;
  }
  return -1;
}

static bool accept(reader *in, char byte) {
  if (peek(in) != byte) return false;
  in->at++;
  return true;
}

static bool word(reader *in, const char *expected) {
  peek(in);
  caponier_text wanted = caponier_string(expected);
  if (!caponier_equal(caponier_slice(in->json, in->at, in->at + wanted.length), wanted)) return false;
  in->at += wanted.length;
  return true;
}

static bool hex4(reader *in, uint32_t *value) {
  *value = 0;
  for (int digit = 0; digit < 4; digit++) {
    if (in->at >= in->json.length) return false;
    char byte = in->json.bytes[in->at++];
    uint32_t nibble;
    if (byte >= '0' && byte <= '9') nibble = (uint32_t)(byte - '0');
    else if (byte >= 'a' && byte <= 'f') nibble = (uint32_t)(byte - 'a') + 10;
    else if (byte >= 'A' && byte <= 'F') nibble = (uint32_t)(byte - 'A') + 10;
    else return false;
    *value = *value << 4 | nibble;
  }
  return true;
}

static size_t put(char *out, uint32_t point) {
  if (point < 0x80) return out[0] = (char)point, 1;
  if (point < 0x800) {
    out[0] = (char)(0xc0 | point >> 6);
    return out[1] = (char)(0x80 | (point & 0x3f)), 2;
  }
  if (point < 0x10000) {
    out[0] = (char)(0xe0 | point >> 12);
    out[1] = (char)(0x80 | (point >> 6 & 0x3f));
    return out[2] = (char)(0x80 | (point & 0x3f)), 3;
  }
  out[0] = (char)(0xf0 | point >> 18);
  out[1] = (char)(0x80 | (point >> 12 & 0x3f));
  out[2] = (char)(0x80 | (point >> 6 & 0x3f));
  return out[3] = (char)(0x80 | (point & 0x3f)), 4;
}

static bool unicode(reader *in, uint32_t *point) {
  if (!hex4(in, point)) return false;
  if (*point >= 0xdc00 && *point < 0xe000) return false;
  if (*point < 0xd800 || *point >= 0xe000) return true;
  uint32_t low;
  if (!caponier_equal(caponier_slice(in->json, in->at, in->at + 2), CAPONIER_TEXT("\\u"))) return false;
  in->at += 2;
  if (!hex4(in, &low) || low < 0xdc00 || low >= 0xe000) return false;
  *point = 0x10000 + ((*point - 0xd800) << 10) + (low - 0xdc00);
  return true;
}

static bool string(reader *in, caponier_text *text) {
  if (!accept(in, '"')) return wrong(in, "a string is expected", "put it in quotes");
  // An escape is never shorter than what it stands for.
  char *out = caponier_take(in->json.length - in->at + 1, 1);
  size_t length = 0;
  while (in->at < in->json.length) {
    unsigned char byte = (unsigned char)in->json.bytes[in->at++];
    if (byte == '"') {
      *text = (caponier_text){out, length};
      return true;
    }
    if (byte < 0x20) return no_json(in);
    if (byte != '\\') {
      out[length++] = (char)byte;
      continue;
    }
    if (in->at >= in->json.length) break;
    char escape = in->json.bytes[in->at++];
    uint32_t point;
    switch (escape) {
      case '"': case '\\': case '/': out[length++] = escape; break;
      case 'b': out[length++] = '\b'; break;
      case 'f': out[length++] = '\f'; break;
      case 'n': out[length++] = '\n'; break;
      case 'r': out[length++] = '\r'; break;
      case 't': out[length++] = '\t'; break;
      case 'u':
        if (!unicode(in, &point)) return no_json(in);
        length += put(out + length, point);
        break;
      default: return no_json(in);
    }
  }
  return no_json(in);
}

static bool is_digit(reader *in) {
  return in->at < in->json.length && in->json.bytes[in->at] >= '0' && in->json.bytes[in->at] <= '9';
}

static bool number(reader *in, double *value, bool *whole) {
  static const char *const HINT = "write a number, without quotes";
  int first = peek(in);
  bool negative = first == '-';
  if (negative) in->at++;
  if (!is_digit(in)) return wrong(in, "a number is expected", HINT);
  bool zero = in->json.bytes[in->at] == '0';
  double mantissa = 0;
  int exponent = 0, digits = 0;
  while (is_digit(in)) {
    mantissa = mantissa * 10 + (in->json.bytes[in->at++] - '0');
    if (zero && ++digits > 1) return no_json(in);
  }
  *whole = true;
  if (in->at < in->json.length && in->json.bytes[in->at] == '.') {
    in->at++;
    *whole = false;
    if (!is_digit(in)) return no_json(in);
    while (is_digit(in)) {
      if (exponent > -400) {
        mantissa = mantissa * 10 + (in->json.bytes[in->at] - '0');
        exponent--;
      }
      in->at++;
    }
  }
  if (in->at < in->json.length && (in->json.bytes[in->at] | 0x20) == 'e') {
    in->at++;
    *whole = false;
    bool down = false;
    if (in->at < in->json.length && (in->json.bytes[in->at] == '-' || in->json.bytes[in->at] == '+')) {
      down = in->json.bytes[in->at++] == '-';
    }
    if (!is_digit(in)) return no_json(in);
    int more = 0;
    while (is_digit(in)) {
      if (more < 1000) more = more * 10 + (in->json.bytes[in->at] - '0');
      in->at++;
    }
    exponent += down ? -more : more;
  }
  for (; exponent > 0; exponent--) mantissa *= 10;
  for (; exponent < 0; exponent++) mantissa /= 10;
  // Not greater than the largest finite number, and none that is none.
  if (!(mantissa <= 1.7976931348623157e308)) return wrong(in, "the number is too large", "write a smaller one");
  *value = negative ? -mantissa : mantissa;
  return true;
}

static bool strings(reader *in, caponier_value *value) {
  if (!accept(in, '[')) return wrong(in, "a list of strings is expected", "write it as [one, two]");
  if (accept(in, ']')) return true;
  do {
    caponier_text item;
    if (!string(in, &item)) return false;
    caponier_text *place = caponier_push((void **)&value->items, &value->length, &value->capacity, sizeof item);
    *place = item;
  } while (accept(in, ','));
  return accept(in, ']') || no_json(in);
}

static bool read_value(reader *in, caponier_type type, caponier_value *value) {
  bool whole = false;
  *value = (caponier_value){.type = type};
  switch (type) {
    case CAPONIER_STRING: return string(in, &value->string);
    case CAPONIER_STRINGS: return strings(in, value);
    case CAPONIER_NUMBER: return number(in, &value->number, &whole);
    case CAPONIER_INTEGER:
      if (!number(in, &value->number, &whole)) return false;
      // Up to here a double tells each whole number from its neighbours.
      if (whole && value->number >= -9007199254740991.0 && value->number <= 9007199254740991.0) return true;
      return wrong(in, "a whole number is expected", "write a number without a fraction, of 15 digits at most");
    case CAPONIER_BOOLEAN:
      value->boolean = word(in, "true");
      if (value->boolean || word(in, "false")) return true;
      return wrong(in, "true or false is expected", "write it without quotes");
  }
  return wrong(in, "its type is unknown", "that is a mistake in the plugin");
}

static bool entry(reader *in, caponier_settings *settings, bool *given) {
  caponier_text key;
  in->name = NULL;
  if (!string(in, &key) || !accept(in, ':')) return in->error->length > 0 ? false : no_json(in);
  for (size_t at = 0; at < settings->count; at++) {
    if (!caponier_equal(key, caponier_string(settings->known[at].name))) continue;
    in->name = settings->known[at].name;
    if (given[at]) return wrong(in, "it stands twice", "remove one of them");
    given[at] = true;
    return read_value(in, settings->known[at].type, &settings->values[at]);
  }
  caponier_fail(in->error, "settings.");
  caponier_fail_text(in->error, caponier_slice(key, 0, caponier_floor(key, 200)));
  return caponier_fail(in->error, ": unknown key\nhint: `caponier plugin inspect` lists the keys that exist");
}

bool caponier_settings_read(const caponier_plugin_definition *plugin, caponier_text json,
                            caponier_settings *settings, caponier_error *error) {
  settings->known = plugin->settings;
  settings->count = plugin->setting_count;
  settings->values = caponier_take(plugin->setting_count, sizeof *settings->values);
  bool *given = caponier_take(plugin->setting_count, sizeof *given);
  for (size_t at = 0; at < settings->count; at++) {
    reader standard = {caponier_string(settings->known[at].standard), 0, settings->known[at].name, error};
    if (!read_value(&standard, settings->known[at].type, &settings->values[at])) return false;
    if (peek(&standard) != -1) return no_json(&standard);
  }
  reader in = {json, 0, NULL, error};
  if (peek(&in) == -1) return true;
  if (!word(&in, "null")) {
    if (!accept(&in, '{')) return wrong(&in, "an object is expected", "write it as { key: value }");
    if (!accept(&in, '}')) {
      do {
        if (!entry(&in, settings, given)) return false;
      } while (accept(&in, ','));
      in.name = NULL;
      if (!accept(&in, '}')) return no_json(&in);
    }
  }
  return peek(&in) == -1 || no_json(&in);
}

static const caponier_value *value_of(const caponier_settings *settings, const char *name, caponier_type type) {
  for (size_t at = 0; at < settings->count; at++) {
    if (settings->known[at].type == type &&
        caponier_equal(caponier_string(settings->known[at].name), caponier_string(name))) {
      return &settings->values[at];
    }
  }
  return NULL;
}

caponier_text caponier_setting_string(const caponier_settings *settings, const char *name) {
  const caponier_value *value = value_of(settings, name, CAPONIER_STRING);
  return value == NULL ? (caponier_text){"", 0} : value->string;
}

double caponier_setting_number(const caponier_settings *settings, const char *name) {
  const caponier_value *value = value_of(settings, name, CAPONIER_NUMBER);
  return value == NULL ? 0 : value->number;
}

int64_t caponier_setting_integer(const caponier_settings *settings, const char *name) {
  const caponier_value *value = value_of(settings, name, CAPONIER_INTEGER);
  return value == NULL ? 0 : (int64_t)value->number;
}

bool caponier_setting_boolean(const caponier_settings *settings, const char *name) {
  const caponier_value *value = value_of(settings, name, CAPONIER_BOOLEAN);
  return value != NULL && value->boolean;
}

size_t caponier_setting_count(const caponier_settings *settings, const char *name) {
  const caponier_value *value = value_of(settings, name, CAPONIER_STRINGS);
  return value == NULL ? 0 : value->length;
}

caponier_text caponier_setting_item(const caponier_settings *settings, const char *name, size_t at) {
  const caponier_value *value = value_of(settings, name, CAPONIER_STRINGS);
  return value == NULL || at >= value->length ? (caponier_text){"", 0} : value->items[at];
}
