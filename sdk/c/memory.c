// Memory without a C library. Every call runs in a new instance, so nothing is ever given back:
// what is taken lies behind what was taken before.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PAGE ((size_t)65536)
#define ALIGNMENT ((size_t)16)

extern unsigned char __heap_base;

static uintptr_t next;
static uintptr_t end;

_Noreturn void abort(void) { __builtin_trap(); }

static void *take(size_t size, size_t align) {
  if (next == 0) {
    next = (uintptr_t)&__heap_base;
    end = __builtin_wasm_memory_size(0) * PAGE;
  }
  if (align < ALIGNMENT) align = ALIGNMENT;
  uintptr_t start = (next + align - 1) & ~(uintptr_t)(align - 1);
  if (start < next || size > UINTPTR_MAX - start) return NULL;
  if (start + size > end) {
    size_t pages = (start + size - end + PAGE - 1) / PAGE;
    if (__builtin_wasm_memory_grow(0, pages) == SIZE_MAX) return NULL;
    end += pages * PAGE;
  }
  next = start + size;
  return (void *)start;
}

// Each piece has its size in front of it, for realloc.
void *malloc(size_t size) {
  if (size > SIZE_MAX - ALIGNMENT) return NULL;
  size_t *piece = take(size + ALIGNMENT, ALIGNMENT);
  if (piece == NULL) return NULL;
  *piece = size;
  return (unsigned char *)piece + ALIGNMENT;
}

void *realloc(void *old, size_t size) {
  if (old == NULL) return malloc(size);
  size_t had = *(size_t *)((unsigned char *)old - ALIGNMENT);
  if (size <= had) return old;
  void *made = malloc(size);
  if (made != NULL) memcpy(made, old, had);
  return made;
}

void free(void *memory) { (void)memory; }

// In place of the bindings' own, which is weak: the host may ask for any alignment.
__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t had, size_t align, size_t size) {
  if (size == 0) return (void *)align;
  if (old != NULL && size <= had) return old;
  void *made = take(size, align);
  if (made == NULL) abort();
  if (old != NULL) memcpy(made, old, had);
  return made;
}

// With bulk memory the compiler makes one instruction of each; without, a call to itself.
#if !defined(__wasm_bulk_memory__)
#error "compile with -mbulk-memory"
#endif

void *memcpy(void *restrict to, const void *restrict from, size_t length) {
  return __builtin_memcpy(to, from, length);
}

void *memmove(void *to, const void *from, size_t length) { return __builtin_memmove(to, from, length); }

void *memset(void *to, int byte, size_t length) { return __builtin_memset(to, byte, length); }

int memcmp(const void *one, const void *other, size_t length) {
  const unsigned char *left = one, *right = other;
  for (size_t at = 0; at < length; at++) {
    if (left[at] != right[at]) return left[at] < right[at] ? -1 : 1;
  }
  return 0;
}

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length] != 0) length++;
  return length;
}
