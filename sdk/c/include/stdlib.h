// The little of the C library that the bindings need; memory.c has it.
#ifndef CAPONIER_STDLIB_H
#define CAPONIER_STDLIB_H

#include <stddef.h>

void *malloc(size_t size);
void *realloc(void *old, size_t size);
void free(void *memory);
_Noreturn void abort(void);

#endif
