/* The way into the kernels from WebAssembly: memory is imported, and every thread has an instance of its own. */
#include "team.h"

extern const Kernel kernels[];

#define EXPORT(name) __attribute__((export_name(name), visibility("default")))

static const Kernel *kernelTable(void) { return kernels; }
static void relax(void) {}

#ifdef __wasm_atomics__
static void sleepUntilChanged(_Atomic uint32_t *word, uint32_t seen, bool brief) {
  __builtin_wasm_memory_atomic_wait32((int *)word, (int)seen, brief ? 1000000 : -1);
}
static void wakeAll(_Atomic uint32_t *word) { __builtin_wasm_memory_atomic_notify((int *)word, MAX_THREADS); }
#else
static void sleepUntilChanged(_Atomic uint32_t *word, uint32_t seen, bool brief) { (void)word, (void)seen, (void)brief; }
static void wakeAll(_Atomic uint32_t *word) { (void)word; }
#endif

/* The team's place is given by its address; address 0 of the memory is never used. */
EXPORT("run") int run(Team *team, int kernel, int parts) { return runKernel(team, (char *)0, kernel, parts); }
EXPORT("serve") void serveThread(Team *team, int thread) { serve(team, (char *)0, thread); }
EXPORT("kernelName") const char *kernelName(int kernel) { return kernels[kernel].name; }

/* The compiler may make calls of these out of loops. */
void *memset(void *to, int value, size_t count) {
  unsigned char *p = to;
  while (count-- > 0) *p++ = (unsigned char)value;
  return to;
}
void *memcpy(void *restrict to, const void *restrict from, size_t count) {
  unsigned char *p = to;
  const unsigned char *q = from;
  while (count-- > 0) *p++ = *q++;
  return to;
}
