/*
 * The way into the kernels from Node.js: a Node-API addon. It computes on the same WebAssembly.Memory that the WebAssembly
 * build would use, with threads of its own, and with the widest vectors that the processor has.
 *
 *   start(memory: Uint8Array, team: number, threads: number): { names: string[], instructions: string, threads: number }
 *   run(kernel: number, parts: number): number
 *   stop(): void
 */
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdlib.h>
#include <string.h>

#include "team.h"

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
typedef HANDLE Thread;
#else
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>
typedef pthread_t Thread;
#endif

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
extern const Kernel kernelsBaseline[], kernelsAvx2[], kernelsAvx512[];
#else
extern const Kernel kernelsBaseline[];
#endif

/* What a WebAssembly.Memory can grow to, in bytes. */
#define MAX_MEMORY ((size_t)MAX_PAGES * 65536)

static const Kernel *table;
static const Kernel *kernelTable(void) { return table; }

/** Picks the kernels for this processor and returns what they are made of. */
static const char *chooseKernels(void) {
#if defined(__x86_64__)
  unsigned a, b, c, d, low = 0;
  const bool hasSave = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_OSXSAVE) && (c & bit_FMA);
  if (hasSave) {
    unsigned high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0)); /* what the operating system saves between threads */
  }
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
    const unsigned wide = bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL | bit_AVX512CD;
    if ((low & 0xe6) == 0xe6 && (b & wide) == wide) {
      table = kernelsAvx512;
      return "AVX-512";
    }
    if ((low & 6) == 6 && (b & bit_AVX2) && (b & bit_BMI2)) {
      table = kernelsAvx2;
      return "AVX2";
    }
  }
  table = kernelsBaseline;
  return "SSE4";
#else
  table = kernelsBaseline;
  return "NEON";
#endif
}

/** Results too small for a normal number become zero, as they do in most frameworks: denormals are very slow. */
static uint64_t flushDenormals(void) {
#if defined(__x86_64__)
  unsigned before = _mm_getcsr();
  _mm_setcsr(before | 0x8040);
  return before;
#elif defined(__aarch64__)
  uint64_t before;
  __asm__ volatile("mrs %0, fpcr" : "=r"(before));
  __asm__ volatile("msr fpcr, %0" ::"r"(before | (1ull << 24)));
  return before;
#else
  return 0;
#endif
}
/** JavaScript relies on denormals. */
static void restoreDenormals(uint64_t before) {
#if defined(__x86_64__)
  _mm_setcsr((unsigned)before);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" ::"r"(before));
#else
  (void)before;
#endif
}

static void relax(void) {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#if defined(_WIN32)
static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE changed = CONDITION_VARIABLE_INIT;
static void sleepUntilChanged(_Atomic uint32_t *word, uint32_t seen, bool brief) {
  AcquireSRWLockExclusive(&lock);
  while (atomic_load(word) == seen) {
    SleepConditionVariableSRW(&changed, &lock, brief ? 1 : INFINITE, 0);
    if (brief) break;
  }
  ReleaseSRWLockExclusive(&lock);
}
static void wakeAll(_Atomic uint32_t *word) {
  (void)word;
  AcquireSRWLockExclusive(&lock);
  WakeAllConditionVariable(&changed);
  ReleaseSRWLockExclusive(&lock);
}
#else
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static void sleepUntilChanged(_Atomic uint32_t *word, uint32_t seen, bool brief) {
  if (brief) {
    struct timespec pause = {0, 1000000};
    nanosleep(&pause, NULL);
    return;
  }
  pthread_mutex_lock(&lock);
  while (atomic_load(word) == seen) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
}
static void wakeAll(_Atomic uint32_t *word) {
  (void)word;
  pthread_mutex_lock(&lock);
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}
#endif

/**
 * A step goes through more memory than the processor has addresses of small pages at hand. The memory grows in place, so what
 * lies behind its present end is asked for too; what is not mapped is passed over.
 */
static void askForHugePages(void *memory) {
#if defined(MADV_HUGEPAGE)
  madvise(memory, MAX_MEMORY, MADV_HUGEPAGE);
#else
  (void)memory;
#endif
}

/** The threads of one JavaScript environment. */
typedef struct Pool Pool;
typedef struct {
  Pool *pool;
  int number;
  Thread thread;
} Member;
struct Pool {
  char *memory;
  Team *team;
  int threads; /* the caller among them */
  napi_ref keepsMemory;
  Member members[MAX_THREADS];
};

#if defined(_WIN32)
static DWORD WINAPI memberMain(void *argument) {
#else
static void *memberMain(void *argument) {
#endif
  Member *member = argument;
  flushDenormals();
  serve(member->pool->team, member->pool->memory, member->number);
  return 0;
}

static bool startMember(Member *member) {
#if defined(_WIN32)
  member->thread = CreateThread(NULL, 0, memberMain, member, 0, NULL);
  return member->thread != NULL;
#else
  return pthread_create(&member->thread, NULL, memberMain, member) == 0;
#endif
}
static void joinMember(Member *member) {
#if defined(_WIN32)
  WaitForSingleObject(member->thread, INFINITE);
  CloseHandle(member->thread);
#else
  pthread_join(member->thread, NULL);
#endif
}

static void stopPool(void *argument) {
  Pool *pool = argument;
  if (pool->team == NULL) return;
  atomic_store(&pool->team->closing, 1);
  /* A ticket with no part left: whoever sleeps on the old one wakes and sees that it is to close. */
  atomic_fetch_add(&pool->team->ticket, 1u << 16);
  wakeAll(&pool->team->ticket);
  for (int thread = 1; thread < pool->threads; thread++) joinMember(&pool->members[thread]);
  pool->team = NULL;
}

#define CHECK(call, message)                                                                                           \
  if ((call) != napi_ok) {                                                                                             \
    napi_throw_error(env, NULL, message);                                                                              \
    return NULL;                                                                                                       \
  }

static napi_value start(napi_env env, napi_callback_info info) {
  napi_value arguments[3], result, names, value;
  size_t count = 3, length = 0;
  napi_typedarray_type type;
  void *data = NULL;
  int64_t team = 0;
  int32_t threads = 1;
  CHECK(napi_get_cb_info(env, info, &count, arguments, NULL, NULL), "start: no arguments");
  CHECK(napi_get_typedarray_info(env, arguments[0], &type, &length, &data, NULL, NULL), "start: memory must be a Uint8Array");
  CHECK(napi_get_value_int64(env, arguments[1], &team), "start: team must be an offset");
  CHECK(napi_get_value_int32(env, arguments[2], &threads), "start: threads must be a number");
  if (data == NULL || team <= 0 || (size_t)team + sizeof(Team) > length || threads < 1) {
    napi_throw_range_error(env, NULL, "start: the team lies outside of the memory, or there are no threads");
    return NULL;
  }
  Pool *pool = NULL;
  CHECK(napi_get_instance_data(env, (void **)&pool), "start: no instance");
  stopPool(pool);
  if (pool->keepsMemory != NULL) napi_delete_reference(env, pool->keepsMemory);
  CHECK(napi_create_reference(env, arguments[0], 1, &pool->keepsMemory), "start: the memory cannot be held");
  askForHugePages(data);
  pool->memory = data;
  pool->team = (Team *)((char *)data + team);
  pool->threads = 1;
  memset(pool->team, 0, sizeof(Team));
  for (int thread = 1; thread < threads && thread < MAX_THREADS; thread++) {
    pool->members[thread] = (Member){.pool = pool, .number = thread};
    if (!startMember(&pool->members[thread])) break;
    pool->threads++;
  }
  const char *instructions = chooseKernels();
  CHECK(napi_create_object(env, &result), "start");
  CHECK(napi_create_array(env, &names), "start");
  for (uint32_t kernel = 0; table[kernel].name != NULL; kernel++) {
    CHECK(napi_create_string_utf8(env, table[kernel].name, NAPI_AUTO_LENGTH, &value), "start");
    CHECK(napi_set_element(env, names, kernel, value), "start");
  }
  CHECK(napi_set_named_property(env, result, "names", names), "start");
  CHECK(napi_create_string_utf8(env, instructions, NAPI_AUTO_LENGTH, &value), "start");
  CHECK(napi_set_named_property(env, result, "instructions", value), "start");
  CHECK(napi_create_int32(env, pool->threads, &value), "start");
  CHECK(napi_set_named_property(env, result, "threads", value), "start");
  return result;
}

static napi_value run(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result;
  size_t count = 2;
  int32_t kernel = 0, parts = 1;
  Pool *pool = NULL;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  napi_get_value_int32(env, arguments[0], &kernel);
  napi_get_value_int32(env, arguments[1], &parts);
  if (napi_get_instance_data(env, (void **)&pool) != napi_ok || pool->team == NULL) {
    napi_throw_error(env, NULL, "run: the kernels have not been started");
    return NULL;
  }
  uint64_t before = flushDenormals();
  int lost = runKernel(pool->team, pool->memory, kernel, parts);
  restoreDenormals(before);
  napi_create_int32(env, lost, &result);
  return result;
}

static napi_value stop(napi_env env, napi_callback_info info) {
  Pool *pool = NULL;
  (void)info;
  if (napi_get_instance_data(env, (void **)&pool) == napi_ok) stopPool(pool);
  return NULL;
}

static void freePool(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  free(data);
}

NAPI_MODULE_INIT() {
  Pool *pool = calloc(1, sizeof(Pool));
  CHECK(napi_set_instance_data(env, pool, freePool, NULL), "no instance data");
  /* Before the environment goes, and its memory with it, the threads must have left that memory. */
  CHECK(napi_add_env_cleanup_hook(env, stopPool, pool), "no clean-up hook");
  const napi_property_descriptor functions[] = {
      {"start", NULL, start, NULL, NULL, NULL, napi_default, NULL},
      {"run", NULL, run, NULL, NULL, NULL, napi_default, NULL},
      {"stop", NULL, stop, NULL, NULL, NULL, napi_default, NULL},
  };
  CHECK(napi_define_properties(env, exports, 3, functions), "no exports");
  return exports;
}
