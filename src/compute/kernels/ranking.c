/*
 * Scores of rows against all candidates, block by block, for what is wanted of them: the k best, or how many beat a target.
 * The whole matrix is never made. Excluded columns are in the order of the blocks, row by row: groupExclusions sees to it.
 */
#include "candidates.h"
#include "gemm.h"

typedef struct {
  const float *packed, *bias;
  const int32_t *excludedOffsets, *excludedColumns;
  long candidates, width;
} Scoring;

/**
 * Scores of rows [row, row + rows) for columns [from, to); excluded ones become −∞, which is no candidate, and so do the
 * places up to the next whole vector.
 */
INLINE void scoreBlock(const Scoring *s, const float *states, long row, long rows, long from, long to, long *cursors,
                       float *block) {
  multiplyPacked(rows, to - from, s->width, rowMajor(states + row * s->width, s->width), s->packed + from * s->width, block,
                 RANKING_STRIDE, s->bias == NULL ? OVERWRITE : START_WITH_BIAS, s->bias == NULL ? NULL : s->bias + from);
  for (long r = 0; r < rows; r++) {
    float *scores = block + r * RANKING_STRIDE;
    for (long c = to - from; c % W != 0; c++) scores[c] = -__builtin_inff();
    if (s->excludedOffsets == NULL) continue;
    long end = s->excludedOffsets[row + r + 1];
    for (; cursors[r] < end && s->excludedColumns[cursors[r]] < to; cursors[r]++)
      scores[s->excludedColumns[cursors[r]] - from] = -__builtin_inff();
  }
}

/** A float as an integer of the same order, and back. */
INLINE int32_t orderOf(float x) {
  int32_t bits;
  __builtin_memcpy(&bits, &x, 4);
  return bits ^ ((bits >> 31) & 0x7fffffff);
}
INLINE float atOrder(int32_t order) {
  int32_t bits = order ^ ((order >> 31) & 0x7fffffff);
  float x;
  __builtin_memcpy(&x, &bits, 4);
  return x;
}

INLINE long countFrom(const float *scores, long count, float least) {
  VecInt reached = (VecInt)splat(0);
  for (long i = 0; i < count; i += W) reached -= load(scores + i) >= splat(least);
  long sum = 0;
  for (int lane = 0; lane < W; lane++) sum += reached[lane];
  return sum;
}

enum { VALUE_STEPS = 16 };
/**
 * The highest number that at least `fewest` of the scores reach; or sooner, one that no more than `most` reach. −∞ when there
 * are not so many. Found by bisection, which counts a vector of scores at a time and branches on none of them: first between
 * the values, then between their representations, which ends whatever they are. Scores are filled up to whole vectors by −∞.
 */
static float scoreReachedBy(long fewest, long most, const float *scores, long count) {
  Vec lowest = splat(__builtin_inff()), highest = splat(-__builtin_inff());
  for (long i = 0; i < count; i += W) {
    Vec v = load(scores + i);
    highest = choose(v > highest, v, highest);
    lowest = choose((v < lowest) & (v > splat(-__builtin_inff())), v, lowest);
  }
  const float least = -maxLanes(-lowest);
  int32_t low = orderOf(least), high = orderOf(maxLanes(highest)) + 1;
  if (countFrom(scores, count, least) < fewest) return -__builtin_inff();
  for (int step = 0; high - (int64_t)low > 1; step++) {
    const int32_t half = (int32_t)(((int64_t)low + high) >> 1);
    /* Where the ends' sum overflows the middle is no number or infinite, and so out of bounds. */
    const int32_t between = step < VALUE_STEPS ? orderOf(0.5f * (atOrder(low) + atOrder(high))) : half;
    const int32_t middle = between > low && between < high ? between : half;
    const long reached = countFrom(scores, count, atOrder(middle));
    if (reached < fewest) high = middle;
    else low = middle;
    if (reached >= fewest && reached <= most) break;
  }
  return atOrder(low);
}

/** A bar that x itself is above: the next float below. Beside 0 it has to be a normal number, as denormal ones may count as 0. */
INLINE float barBelow(float x) {
  return __builtin_fabsf(x) < __FLT_MIN__ ? -__FLT_MIN__ : atOrder(orderOf(x) - 1);
}

/**
 * The best so far, by column, with room for as many again: when that is full, the best of all stay. Only what is above `bar`
 * comes in.
 */
typedef struct {
  float *scores;
  int32_t *columns;
  long size, k;
  float bar;
} Best;

/** Rounded up to whole vectors, and room for one more: where it is filled up by −∞. */
INLINE long bestRoom(long k) { return (2 * k + W - 1) / W * W; }

INLINE void fillUp(const Best *best) {
  for (long i = best->size; i % W != 0; i++) best->scores[i] = -__builtin_inff();
}

/** Leaves the k best; of equal scores the earlier columns. */
static void keepBest(Best *best) {
  fillUp(best);
  const float last = scoreReachedBy(best->k, best->k, best->scores, best->size);
  long above = 0, size = 0;
  for (long i = 0; i < best->size; i++) above += best->scores[i] > last;
  for (long i = 0, level = best->k - above; i < best->size; i++) { /* without branches: none could be predicted */
    const float score = best->scores[i];
    const long equal = (score == last) & (level > 0);
    best->scores[size] = score;
    best->columns[size] = best->columns[i];
    level -= equal;
    size += equal | (score > last);
  }
  best->size = size;
  best->bar = last;
}

INLINE void addBlock(Best *best, const float *scores, long from, long count) {
  /* The first block would fill the room many times over: a look at all of it says where about the bar is going to be. */
  if (from == 0 && count > 2 * best->k) {
    const float least = scoreReachedBy(best->k, 2 * best->k - 1, scores, count);
    if (least > -__builtin_inff()) best->bar = barBelow(least);
  }
  for (long c = 0; c < count; c += W) {
    uint32_t over = laneBits(load(scores + c) > splat(best->bar));
    for (; over != 0; over &= over - 1) {
      const long column = c + __builtin_ctz(over);
      if (!(scores[column] > best->bar)) continue; /* the bar may have risen meanwhile */
      best->scores[best->size] = scores[column];
      best->columns[best->size++] = (int32_t)(from + column);
      if (best->size == 2 * best->k) keepBest(best);
    }
  }
}

/** Writes them best first: each goes where as many as are better leave it. That many is counted, a vector at a time. */
static void sortBest(const Best *best, float *scores, int32_t *columns) {
  VecInt lanes;
  for (int lane = 0; lane < W; lane++) lanes[lane] = lane;
  fillUp(best);
  for (long i = 0; i < best->size; i++) {
    const Vec own = splat(best->scores[i]);
    const long before = i / W * W;
    const Vec beside = load(best->scores + before);
    VecInt better = -((beside > own) | ((beside == own) & (lanes < (VecInt)splat(0) + (int32_t)(i - before))));
    for (long j = 0; j < before; j += W) better -= load(best->scores + j) >= own;
    for (long j = before + W; j < best->size; j += W) better -= load(best->scores + j) > own;
    long place = 0;
    for (int lane = 0; lane < W; lane++) place += better[lane];
    scores[place] = best->scores[i];
    columns[place] = best->columns[i];
  }
  for (long i = best->size; i < best->k; i++) {
    scores[i] = -__builtin_inff();
    columns[i] = -1;
  }
}

/*
 * groupExclusions: grouped[offsets[row] … offsets[row + 1]] = the row's columns in the order of the blocks of RANKING_COLUMNS
 * that they are in, by counting; offsets[rows + 1].
 * Plain definition: none; topItems and targetRanks of src/compute/ranking.ts take exclusions in any order.
 */
static void groupExclusions(const Call *call, int part, int parts) {
  const GroupExclusionsArguments args = groupExclusionsArguments(call);
  const int32_t *offsets = args.offsets, *columns = args.columns;
  const long blocks = args.candidates / RANKING_COLUMNS + 1;
  int32_t *grouped = args.grouped, *next = (int32_t *)OWN_SCRATCH;
  long from, to;
  share(args.rows, 1, part, parts, &from, &to);
  for (long row = from; row < to; row++) {
    for (long block = 0; block < blocks; block++) next[block] = 0;
    for (long i = offsets[row]; i < offsets[row + 1]; i++) next[columns[i] / RANKING_COLUMNS]++;
    for (long block = 0, at = offsets[row]; block < blocks; block++) {
      const int32_t count = next[block];
      next[block] = (int32_t)at;
      at += count;
    }
    for (long i = offsets[row]; i < offsets[row + 1]; i++) grouped[next[columns[i] / RANKING_COLUMNS]++] = columns[i];
  }
}

/*
 * topItems: columns[row, i] = the column c of the i-th highest score s[row, c] = ⟨states[row], items[c]⟩ + bias[c], and
 * scores[row, i] that score, for i < k, of states[rows, width] and items[candidates, width]; excluded columns aside, of equal
 * scores the earlier column first; −1 and −∞ where there are not so many.
 * Plain definition: topItems of src/compute/ranking.ts.
 */
static void topPack(const Call *call, int part, int parts) {
  const TopItemsArguments args = topItemsArguments(call);
  packCandidates(args.items, args.packed, args.candidates, args.width, part, parts);
}
static void topItems(const Call *call, int part, int parts) {
  const TopItemsArguments args = topItemsArguments(call);
  Scoring s = {args.packed, args.bias, args.excludedOffsets, args.excludedColumns, args.candidates, args.width};
  const long k = args.k, room = bestRoom(k);
  long first, last;
  /* Twice k for each row, and one block of scores. */
  float *block = OWN_SCRATCH, *bestScores = block + RANKING_ROWS * RANKING_STRIDE;
  int32_t *bestColumns = (int32_t *)(bestScores + RANKING_ROWS * room);
  long cursors[RANKING_ROWS];
  share(args.rows, MR, part, parts, &first, &last);
  for (long row = first; row < last; row += RANKING_ROWS) {
    long rows = shorter(last - row, RANKING_ROWS);
    Best best[RANKING_ROWS];
    for (long r = 0; r < rows; r++) {
      best[r] = (Best){bestScores + r * room, bestColumns + r * room, 0, k, -__builtin_inff()};
      cursors[r] = s.excludedOffsets == NULL ? 0 : s.excludedOffsets[row + r];
    }
    for (long from = 0; from < s.candidates; from += RANKING_COLUMNS) {
      long to = shorter(s.candidates, from + RANKING_COLUMNS);
      scoreBlock(&s, args.states, row, rows, from, to, cursors, block);
      for (long r = 0; r < rows; r++) addBlock(&best[r], block + r * RANKING_STRIDE, from, to - from);
    }
    for (long r = 0; r < rows; r++) {
      if (best[r].size > k) keepBest(&best[r]);
      sortBest(&best[r], args.scores + (row + r) * k, args.columns + (row + r) * k);
    }
  }
}

/*
 * targetRanks: for each row and each of its targets t, from targetOffsets[row] to targetOffsets[row + 1]: greater[t] = the number of
 * columns c with s[row, c] > s[row, targets[t]], equal[t] = that of s[row, c] = s[row, targets[t]], where s =
 * states[rows, width]·items[candidates, width]ᵀ; the target itself and excluded columns aside.
 * Plain definition: targetRanks of src/compute/ranking.ts.
 */
static void ranksPack(const Call *call, int part, int parts) {
  const TargetRanksArguments args = targetRanksArguments(call);
  packCandidates(args.items, args.packed, args.candidates, args.width, part, parts);
}
/** How many of a block's scores are above, and how many level with a target's; one of NaN is below every number and level with NaN. */
INLINE void countBeside(const float *scores, long count, float own, int32_t *greater, int32_t *equal) {
  VecInt above = (VecInt)splat(0), level = above;
  const Vec bar = splat(own), none = splat(-__builtin_inff());
  const VecInt isNumber = bar == bar;
  for (long c = 0; c < count; c += W) {
    const Vec v = loadUpTo(scores + c, count - c, -__builtin_inff());
    const VecInt candidate = v != none;
    above -= candidate & ((isNumber & (v > bar)) | (~isNumber & (v == v)));
    level -= candidate & ((isNumber & (v == bar)) | (~isNumber & (v != v)));
  }
  for (int lane = 0; lane < W; lane++) {
    *greater += above[lane];
    *equal += level[lane];
  }
}

/** In the same order of operations as in the blocks, so that equal scores are equal to the last bit. */
INLINE float scoreOf(const float *state, const float *item, long width) {
  Vec score = splat(0);
  for (long i = 0; i < width; i++) score = multiplyAdd(splat(state[i]), splat(item[i]), score);
  return score[0];
}

static void targetRanks(const Call *call, int part, int parts) {
  const TargetRanksArguments args = targetRanksArguments(call);
  Scoring s = {args.packed, NULL, args.excludedOffsets, args.excludedColumns, args.candidates, args.width};
  const int32_t *offsets = args.targetOffsets, *targets = args.targets;
  long first, last;
  float *block = OWN_SCRATCH;
  long cursors[RANKING_ROWS];
  share(args.rows, MR, part, parts, &first, &last);
  for (long row = first; row < last; row += RANKING_ROWS) {
    long rows = shorter(last - row, RANKING_ROWS);
    for (long r = 0; r < rows; r++) cursors[r] = s.excludedOffsets == NULL ? 0 : s.excludedOffsets[row + r];
    for (long t = offsets[row]; t < offsets[row + rows]; t++) args.greater[t] = args.equal[t] = 0;
    for (long from = 0; from < s.candidates; from += RANKING_COLUMNS) {
      long to = shorter(s.candidates, from + RANKING_COLUMNS);
      scoreBlock(&s, args.states, row, rows, from, to, cursors, block);
      for (long r = 0; r < rows; r++) {
        float *scores = block + r * RANKING_STRIDE;
        const float *state = args.states + (row + r) * s.width;
        for (long t = offsets[row + r]; t < offsets[row + r + 1]; t++) {
          const long own = targets[t] - from;
          const int isHere = own >= 0 && own < to - from;
          const float kept = isHere ? scores[own] : 0;
          if (isHere) scores[own] = -__builtin_inff();
          countBeside(scores, to - from, scoreOf(state, args.items + targets[t] * s.width, s.width), &args.greater[t],
                      &args.equal[t]);
          if (isHere) scores[own] = kept;
        }
      }
    }
  }
}
