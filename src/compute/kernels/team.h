/*
 * Threads. The caller publishes a phase as a ticket of (generation, parts, next part) in one word; whoever exchanges the
 * ticket for one with the next part has claimed that part. One word, so a thread that comes late can never take a part of
 * one phase for a part of another, and a thread that never comes takes none.
 */
#pragma once
#include <stdatomic.h>

#include "kernel.h"

enum { MAX_THREADS = 64, SPINS = 20000 };

/* Whoever includes this says how threads wait, and which kernels they run. */
static void sleepUntilChanged(_Atomic uint32_t *word, uint32_t seen, bool brief);
static void wakeAll(_Atomic uint32_t *word);
static const Kernel *kernelTable(void);
static void relax(void);

INLINE void runPart(Team *team, char *memory, int thread, int part, int parts) {
  float *scratch = (float *)((uintptr_t)memory + (uintptr_t)team->scratch) + (size_t)thread * team->scratchFloats;
  Call call = {team->args, memory, scratch};
  kernelTable()[team->kernel].phases[team->phase](&call, part, parts);
}

/** Takes parts until none is left. */
static void work(Team *team, char *memory, int thread) {
  for (;;) {
    uint32_t ticket = atomic_load_explicit(&team->ticket, memory_order_acquire);
    uint32_t parts = ticket >> 8 & 255, next = ticket & 255;
    if (next >= parts) return;
    if (!atomic_compare_exchange_weak_explicit(&team->ticket, &ticket, ticket + 1, memory_order_acq_rel,
                                               memory_order_relaxed))
      continue;
    runPart(team, memory, thread, (int)next, (int)parts);
    atomic_fetch_add_explicit(&team->finished, 1, memory_order_acq_rel);
  }
}

/** What a worker thread does all its life. */
static void serve(Team *team, char *memory, int thread) {
  while (atomic_load_explicit(&team->closing, memory_order_acquire) == 0) {
    uint32_t ticket = atomic_load_explicit(&team->ticket, memory_order_acquire);
    if ((ticket & 255) < (ticket >> 8 & 255)) {
      work(team, memory, thread);
      continue;
    }
    int spins = SPINS;
    while (spins > 0 && atomic_load_explicit(&team->ticket, memory_order_relaxed) == ticket) {
      relax();
      spins--;
    }
    if (spins > 0) continue;
    atomic_fetch_add(&team->sleepers, 1);
    sleepUntilChanged(&team->ticket, ticket, false);
    atomic_fetch_sub(&team->sleepers, 1);
  }
}

/** How often the caller looks for its helpers' parts, about a millisecond each, before it gives one up for lost. */
enum { PATIENCE = 20000 };

/** Runs all phases of a kernel. Returns 0, or 1 when a thread took a part and did not come back. */
static int runKernel(Team *team, char *memory, int kernel, int parts) {
  for (uint32_t phase = 0; phase < MAX_PHASES && kernelTable()[kernel].phases[phase] != NULL; phase++) {
    team->kernel = (uint32_t)kernel;
    team->phase = phase;
    if (parts == 1) {
      runPart(team, memory, 0, 0, 1);
      continue;
    }
    uint32_t generation = (atomic_load_explicit(&team->ticket, memory_order_relaxed) >> 16) + 1;
    atomic_store_explicit(&team->finished, 0, memory_order_relaxed);
    atomic_store(&team->ticket, generation << 16 | (uint32_t)parts << 8);
    if (atomic_load(&team->sleepers) > 0) wakeAll(&team->ticket);
    work(team, memory, 0);
    uint32_t finished;
    int spins = 0, waits = 0;
    while ((finished = atomic_load_explicit(&team->finished, memory_order_acquire)) < (uint32_t)parts) {
      relax();
      if (++spins < 10 * SPINS) continue;
      if (++waits > PATIENCE) return 1;
      sleepUntilChanged(&team->finished, finished, true);
    }
  }
  return 0;
}
