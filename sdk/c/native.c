// A host for native tests: nobody listens, nothing is granted and nothing is counted. A test that
// wants more defines the function itself.
#include "caponier.h"

#define REPLACEABLE __attribute__((weak))

REPLACEABLE void caponier_policy_log_write(caponier_policy_log_level_t level, policy_string_t *message) {
  (void)level, (void)message;
}

REPLACEABLE void caponier_policy_data_names(policy_list_string_t *names) { *names = (policy_list_string_t){0}; }

REPLACEABLE bool caponier_policy_data_read(policy_string_t *name, policy_list_u8_t *content, policy_string_t *error) {
  static const char SAYS[] = "there is no such file";
  (void)name, (void)content;
  *error = (policy_string_t){(uint8_t *)SAYS, sizeof SAYS - 1};
  return false;
}

REPLACEABLE bool caponier_policy_counters_add(policy_string_t *key, uint64_t amount, uint32_t window_seconds,
                                              uint64_t *sum, policy_string_t *error) {
  (void)key, (void)amount, (void)window_seconds, (void)error;
  return *sum = 0, true;
}

REPLACEABLE bool caponier_policy_counters_add_unique(policy_string_t *key, policy_list_u8_t *member,
                                                     uint32_t window_seconds, uint64_t *size, policy_string_t *error) {
  (void)key, (void)member, (void)window_seconds, (void)error;
  return *size = 0, true;
}
