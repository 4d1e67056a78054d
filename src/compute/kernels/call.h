/* A call of a kernel, as each of its parts sees it. */
#pragma once
#include "vector.h"

typedef struct {
  const double *args; /* offsets into memory, sizes and numbers: signatures.h reads them */
  char *memory;
  float *scratch; /* MULTIPLY_FLOATS + OWN_FLOATS, or more if the caller saw to it, that belong to the part while it runs */
} Call;

/* Offset 0 stands for "not given". Sums of integers: WebAssembly's memory starts at address 0, and a compiler may take for
 * granted that nothing is added to a null pointer. */
INLINE void *address(const Call *call, int index) {
  double offset = call->args[index];
  return offset == 0 ? NULL : (void *)((uintptr_t)call->memory + (uintptr_t)offset);
}
