/*
 * Scores of rows against all candidates, block by block, for what is wanted of them: the k best, or how many beat a target.
 * The whole matrix is never made. Excluded columns are given per row in ascending order.
 */
#include "kernel.h"

enum { RANKING_ROWS = 96, RANKING_COLUMNS = 1024 };

typedef struct {
  const float *packed, *bias;
  const int32_t *excludedOffsets, *excludedColumns;
  long candidates, width;
} Scoring;

/** Scores of rows [row, row + rows) for columns [from, to); excluded ones become −∞, which is no candidate. */
INLINE void scoreBlock(const Scoring *s, const float *states, long row, long rows, long from, long to, long *cursors,
                       float *block) {
  multiplyPacked(rows, to - from, s->width, rowMajor(states + row * s->width, s->width), s->packed + from * s->width, block,
                 RANKING_COLUMNS, s->bias == NULL ? OVERWRITE : START_WITH_BIAS, s->bias == NULL ? NULL : s->bias + from);
  if (s->excludedOffsets == NULL) return;
  for (long r = 0; r < rows; r++) {
    long end = s->excludedOffsets[row + r + 1];
    while (cursors[r] < end && s->excludedColumns[cursors[r]] < to) {
      long column = s->excludedColumns[cursors[r]++];
      if (column >= from) block[r * RANKING_COLUMNS + column - from] = -__builtin_inff();
    }
  }
}

/** The k best so far as a heap with the worst at the root: lower score, or the same and the later column. */
typedef struct {
  float *scores;
  int32_t *columns;
  long size, capacity;
} Best;

INLINE bool worse(const Best *best, long a, long b) {
  return best->scores[a] < best->scores[b] || (best->scores[a] == best->scores[b] && best->columns[a] > best->columns[b]);
}
INLINE void swapEntries(Best *best, long a, long b) {
  float score = best->scores[a];
  int32_t column = best->columns[a];
  best->scores[a] = best->scores[b];
  best->columns[a] = best->columns[b];
  best->scores[b] = score;
  best->columns[b] = column;
}
static void siftDown(Best *best, long at, long size) {
  for (;;) {
    long child = 2 * at + 1;
    if (child >= size) return;
    if (child + 1 < size && worse(best, child + 1, child)) child++;
    if (!worse(best, child, at)) return;
    swapEntries(best, child, at);
    at = child;
  }
}
static void keep(Best *best, float score, int32_t column) {
  if (best->size < best->capacity) {
    long at = best->size++;
    best->scores[at] = score;
    best->columns[at] = column;
    while (at > 0 && worse(best, at, (at - 1) / 2)) {
      swapEntries(best, at, (at - 1) / 2);
      at = (at - 1) / 2;
    }
    return;
  }
  best->scores[0] = score;
  best->columns[0] = column;
  siftDown(best, 0, best->size);
}

/* topItems: args: states items bias|0 excludedOffsets|0 excludedColumns|0 columns scores packed rows candidates width k */
static void topPack(const Call *call, int part, int parts) {
  packCandidates(FLOATS(1), FLOATS(7), SIZE(9), SIZE(10), part, parts);
}
static void topItems(const Call *call, int part, int parts) {
  Scoring s = {FLOATS(7), FLOATS(2), INTS(3), INTS(4), SIZE(9), SIZE(10)};
  long k = SIZE(11), first, last;
  float *block = OWN_SCRATCH;
  long cursors[RANKING_ROWS];
  share(SIZE(8), MR, part, parts, &first, &last);
  for (long row = first; row < last; row += RANKING_ROWS) {
    long rows = shorter(last - row, RANKING_ROWS);
    Best best[RANKING_ROWS];
    for (long r = 0; r < rows; r++) {
      best[r] = (Best){FLOATS(6) + (row + r) * k, INTS(5) + (row + r) * k, 0, k};
      cursors[r] = s.excludedOffsets == NULL ? 0 : s.excludedOffsets[row + r];
    }
    for (long from = 0; from < s.candidates; from += RANKING_COLUMNS) {
      long to = shorter(s.candidates, from + RANKING_COLUMNS);
      scoreBlock(&s, FLOATS(0), row, rows, from, to, cursors, block);
      for (long r = 0; r < rows; r++) {
        const float *scores = block + r * RANKING_COLUMNS;
        Best *own = &best[r];
        float bar = own->size < k ? -__builtin_inff() : own->scores[0];
        for (long c = 0; c < to - from; c += W) {
          VecInt over = loadUpTo(scores + c, to - from - c, -__builtin_inff()) > splat(bar);
          int32_t any = 0;
          for (int lane = 0; lane < W; lane++) any |= over[lane];
          if (any == 0) continue;
          for (long lane = c; lane < shorter(c + W, to - from); lane++) {
            if (!(scores[lane] > bar)) continue;
            keep(own, scores[lane], (int32_t)(from + lane));
            bar = own->size < k ? -__builtin_inff() : own->scores[0];
          }
        }
      }
    }
    for (long r = 0; r < rows; r++) {
      Best *own = &best[r];
      for (long end = own->size - 1; end > 0; end--) { /* heap sort: the worst goes to the end */
        swapEntries(own, 0, end);
        siftDown(own, 0, end);
      }
      for (long i = own->size; i < k; i++) {
        own->scores[i] = -__builtin_inff();
        own->columns[i] = -1;
      }
    }
  }
}

/*
 * targetRanks: how many candidates score above the row's target, and how many the same, the target and excluded ones aside.
 * args: states items targets excludedOffsets|0 excludedColumns|0 greater equal packed rows candidates width
 */
static void ranksPack(const Call *call, int part, int parts) {
  packCandidates(FLOATS(1), FLOATS(7), SIZE(9), SIZE(10), part, parts);
}
static void targetRanks(const Call *call, int part, int parts) {
  Scoring s = {FLOATS(7), NULL, INTS(3), INTS(4), SIZE(9), SIZE(10)};
  const int32_t *targets = INTS(2);
  long first, last;
  float *block = OWN_SCRATCH, bars[RANKING_ROWS];
  long cursors[RANKING_ROWS];
  share(SIZE(8), MR, part, parts, &first, &last);
  for (long row = first; row < last; row += RANKING_ROWS) {
    long rows = shorter(last - row, RANKING_ROWS);
    for (long r = 0; r < rows; r++) {
      /* In the same order of operations as in the blocks, so that equal scores are equal to the last bit. */
      const float *state = FLOATS(0) + (row + r) * s.width, *item = FLOATS(1) + targets[row + r] * s.width;
      Vec score = splat(0);
      for (long i = 0; i < s.width; i++) score = multiplyAdd(splat(state[i]), splat(item[i]), score);
      bars[r] = score[0];
      cursors[r] = s.excludedOffsets == NULL ? 0 : s.excludedOffsets[row + r];
      INTS(5)[row + r] = 0;
      INTS(6)[row + r] = 0;
    }
    for (long from = 0; from < s.candidates; from += RANKING_COLUMNS) {
      long to = shorter(s.candidates, from + RANKING_COLUMNS);
      scoreBlock(&s, FLOATS(0), row, rows, from, to, cursors, block);
      for (long r = 0; r < rows; r++) {
        float *scores = block + r * RANKING_COLUMNS;
        long own = targets[row + r] - from;
        if (own >= 0 && own < to - from) scores[own] = -__builtin_inff();
        VecInt greater = (VecInt)splat(0), equal = greater;
        const Vec bar = splat(bars[r]), none = splat(-__builtin_inff());
        const VecInt isNumber = bar == bar; /* a target of NaN is below every number and level with NaN */
        for (long c = 0; c < to - from; c += W) {
          Vec v = loadUpTo(scores + c, to - from - c, -__builtin_inff());
          VecInt candidate = v != none;
          greater -= candidate & ((isNumber & (v > bar)) | (~isNumber & (v == v)));
          equal -= candidate & ((isNumber & (v == bar)) | (~isNumber & (v != v)));
        }
        for (int lane = 0; lane < W; lane++) {
          INTS(5)[row + r] += greater[lane];
          INTS(6)[row + r] += equal[lane];
        }
      }
    }
  }
}
