/*
 * Scores of rows against all candidates, block by block, for what is wanted of them: the k best, or how many beat a target.
 * The whole matrix is never made. Excluded columns are in ascending order per row: sortExclusions sees to it.
 */
#include "kernel.h"

/* Rows lie a little more than 4 KB apart: at 4 KB exactly they would all want the same place in the cache. */
enum { RANKING_ROWS = 96, RANKING_COLUMNS = 1024, RANKING_STRIDE = RANKING_COLUMNS + 32 };

typedef struct {
  const float *packed, *bias;
  const int32_t *excludedOffsets, *excludedColumns;
  long candidates, width;
} Scoring;

/** Scores of rows [row, row + rows) for columns [from, to); excluded ones become −∞, which is no candidate. */
INLINE void scoreBlock(const Scoring *s, const float *states, long row, long rows, long from, long to, long *cursors,
                       float *block) {
  multiplyPacked(rows, to - from, s->width, rowMajor(states + row * s->width, s->width), s->packed + from * s->width, block,
                 RANKING_STRIDE, s->bias == NULL ? OVERWRITE : START_WITH_BIAS, s->bias == NULL ? NULL : s->bias + from);
  if (s->excludedOffsets == NULL) return;
  for (long r = 0; r < rows; r++) {
    long end = s->excludedOffsets[row + r + 1];
    while (cursors[r] < end && s->excludedColumns[cursors[r]] < to) {
      long column = s->excludedColumns[cursors[r]++];
      if (column >= from) block[r * RANKING_STRIDE + column - from] = -__builtin_inff();
    }
  }
}

/**
 * The best so far, in no order, with room for as many again. When it is full, the better half is found and stays: cheaper
 * than keeping an order that later scores upset. What does not beat `bar`, the k-th best of the last time, need not come in.
 */
typedef struct {
  float *scores;
  int32_t *columns;
  long size, k;
  float bar;
} Best;

/** Higher score, or the same and the earlier column. */
INLINE bool better(float score, int32_t column, float otherScore, int32_t otherColumn) {
  return score > otherScore || (score == otherScore && column < otherColumn);
}
INLINE void swapEntries(Best *best, long a, long b) {
  float score = best->scores[a];
  int32_t column = best->columns[a];
  best->scores[a] = best->scores[b];
  best->columns[a] = best->columns[b];
  best->scores[b] = score;
  best->columns[b] = column;
}

/** Brings the k best of the entries to the front (Hoare, 1961, "Find"). */
static void keepBest(Best *best) {
  long low = 0, high = best->size - 1, k = best->k;
  while (low < high) {
    float pivot = best->scores[(low + high) / 2];
    int32_t pivotColumn = best->columns[(low + high) / 2];
    long i = low, j = high;
    while (i <= j) {
      while (better(best->scores[i], best->columns[i], pivot, pivotColumn)) i++;
      while (better(pivot, pivotColumn, best->scores[j], best->columns[j])) j--;
      if (i <= j) swapEntries(best, i++, j--);
    }
    if (k - 1 <= j) high = j;
    else if (k - 1 >= i) low = i;
    else break;
  }
  best->size = k;
  best->bar = best->scores[0];
  for (long i = 1; i < k; i++) best->bar = best->scores[i] < best->bar ? best->scores[i] : best->bar;
}

static void siftDown(Best *best, long at, long size) {
  for (;;) {
    long child = 2 * at + 1;
    if (child >= size) return;
    if (child + 1 < size && better(best->scores[child], best->columns[child], best->scores[child + 1], best->columns[child + 1]))
      child++;
    if (!better(best->scores[at], best->columns[at], best->scores[child], best->columns[child])) return;
    swapEntries(best, child, at);
    at = child;
  }
}
/** Best first: a heap with the worst at its root gives the worst away to the end. */
static void sortBest(Best *best) {
  for (long at = best->size / 2 - 1; at >= 0; at--) siftDown(best, at, best->size);
  for (long end = best->size - 1; end > 0; end--) {
    swapEntries(best, 0, end);
    siftDown(best, 0, end);
  }
}

/* sortExclusions: puts each row's columns into ascending order. args: offsets columns rows */
static void sortColumns(int32_t *columns, long count) {
  bool ascending = true;
  for (long i = 1; i < count && ascending; i++) ascending = columns[i - 1] <= columns[i];
  if (ascending) return;
  for (long gap = count / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11) /* Shell's sort */
    for (long i = gap; i < count; i++) {
      int32_t column = columns[i];
      long at = i;
      for (; at >= gap && columns[at - gap] > column; at -= gap) columns[at] = columns[at - gap];
      columns[at] = column;
    }
}
static void sortExclusions(const Call *call, int part, int parts) {
  const int32_t *offsets = INTS(0);
  long from, to;
  share(SIZE(2), 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) sortColumns(INTS(1) + offsets[row], offsets[row + 1] - offsets[row]);
}

/* topItems: args: states items bias|0 excludedOffsets|0 excludedColumns|0 columns scores packed rows candidates width k */
static void topPack(const Call *call, int part, int parts) {
  packCandidates(FLOATS(1), FLOATS(7), SIZE(9), SIZE(10), part, parts);
}
static void topItems(const Call *call, int part, int parts) {
  Scoring s = {FLOATS(7), FLOATS(2), INTS(3), INTS(4), SIZE(9), SIZE(10)};
  long k = SIZE(11), first, last;
  /* Twice k for each row, and one block of scores. */
  float *block = OWN_SCRATCH, *bestScores = block + RANKING_ROWS * RANKING_STRIDE;
  int32_t *bestColumns = (int32_t *)(bestScores + RANKING_ROWS * 2 * k);
  long cursors[RANKING_ROWS];
  share(SIZE(8), MR, part, parts, &first, &last);
  for (long row = first; row < last; row += RANKING_ROWS) {
    long rows = shorter(last - row, RANKING_ROWS);
    Best best[RANKING_ROWS];
    for (long r = 0; r < rows; r++) {
      best[r] = (Best){bestScores + r * 2 * k, bestColumns + r * 2 * k, 0, k, -__builtin_inff()};
      cursors[r] = s.excludedOffsets == NULL ? 0 : s.excludedOffsets[row + r];
    }
    for (long from = 0; from < s.candidates; from += RANKING_COLUMNS) {
      long to = shorter(s.candidates, from + RANKING_COLUMNS);
      scoreBlock(&s, FLOATS(0), row, rows, from, to, cursors, block);
      for (long r = 0; r < rows; r++) {
        const float *scores = block + r * RANKING_STRIDE;
        Best *own = &best[r];
        for (long c = 0; c < to - from; c += W) {
          uint32_t over = laneBits(loadUpTo(scores + c, to - from - c, -__builtin_inff()) > splat(own->bar));
          for (; over != 0; over &= over - 1) {
            const long column = c + __builtin_ctz(over);
            if (!(scores[column] > own->bar)) continue; /* the bar may have risen meanwhile */
            own->scores[own->size] = scores[column];
            own->columns[own->size++] = (int32_t)(from + column);
            if (own->size == 2 * k) keepBest(own);
          }
        }
      }
    }
    for (long r = 0; r < rows; r++) {
      Best *own = &best[r];
      if (own->size > k) keepBest(own);
      sortBest(own);
      float *scores = FLOATS(6) + (row + r) * k;
      int32_t *columns = INTS(5) + (row + r) * k;
      for (long i = 0; i < k; i++) {
        scores[i] = i < own->size ? own->scores[i] : -__builtin_inff();
        columns[i] = i < own->size ? own->columns[i] : -1;
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
        float *scores = block + r * RANKING_STRIDE;
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
