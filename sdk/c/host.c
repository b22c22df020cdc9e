// The host's imports. One that no plugin calls is not in the finished module.
#include "internal.h"

static policy_string_t lowered(caponier_text text) { return (policy_string_t){(uint8_t *)text.bytes, text.length}; }

static bool refused(caponier_error *error, policy_string_t said) {
  return caponier_fail_text(error, (caponier_text){(const char *)said.ptr, said.len});
}

void caponier_log(caponier_policy_log_level_t level, caponier_text message) {
  policy_string_t line = lowered(message);
  caponier_policy_log_write(level, &line);
}

policy_list_string_t caponier_data_names(void) {
  policy_list_string_t names = {0};
  caponier_policy_data_names(&names);
  return names;
}

bool caponier_data_read(caponier_text name, caponier_text *content, caponier_error *error) {
  policy_string_t wanted = lowered(name), said = {0};
  policy_list_u8_t read = {0};
  if (!caponier_policy_data_read(&wanted, &read, &said)) return refused(error, said);
  *content = (caponier_text){read.len == 0 ? "" : (const char *)read.ptr, read.len};
  return true;
}

bool caponier_counters_add(caponier_text key, uint64_t amount, uint32_t window_seconds, uint64_t *sum,
                           caponier_error *error) {
  policy_string_t name = lowered(key), said = {0};
  return caponier_policy_counters_add(&name, amount, window_seconds, sum, &said) || refused(error, said);
}

bool caponier_counters_add_unique(caponier_text key, caponier_text member, uint32_t window_seconds, uint64_t *size,
                                  caponier_error *error) {
  policy_string_t name = lowered(key), said = {0};
  policy_list_u8_t content = {(uint8_t *)member.bytes, member.length};
  return caponier_policy_counters_add_unique(&name, &content, window_seconds, size, &said) || refused(error, said);
}
