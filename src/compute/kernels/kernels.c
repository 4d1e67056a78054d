/* Written by `npm run generate` from signatures.ts: change that instead. */
/*
 * All kernels in one unit, because an addon holds them once for each processor, under the same names. Each file includes what
 * it needs and nothing of another, so their order means nothing.
 */
#include "adam.c"
#include "attention.c"
#include "batchNorm.c"
#include "dice.c"
#include "dropout.c"
#include "elementwise.c"
#include "embedding.c"
#include "feedForward.c"
#include "gru.c"
#include "layerNorm.c"
#include "linearBackward.c"
#include "linearForward.c"
#include "losses.c"
#include "matMul.c"
#include "pointwiseAttention.c"
#include "ranking.c"
#include "reduction.c"
#include "rows.c"
#include "sumRecurrenceBackward.c"
#include "sumRecurrenceForward.c"

#ifndef KERNELS
#define KERNELS kernels
#endif

/* The table's end is a kernel without a name. */
const Kernel KERNELS[] = {
    {"matMul", {matMul}},
    {"binary", {binary}},
    {"unary", {unary}},
    {"sum", {sumColumns, sumFinish}},
    {"maxRows", {maxRows}},
    {"softmaxRows", {softmaxRows}},
    {"gatherRows", {gatherRows}},
    {"scatterRows", {scatterZero, scatterRows}},
    {"copyRows", {copyRows}},
    {"zero", {zero}},
    {"bagRows", {bagRows}},
    {"bagScatter", {bagZero, bagScatter}},
    {"weightedBagRows", {weightedBagRows}},
    {"weightedBagBackward", {weightedBagZero, weightedBagBackward}},
    {"linearForward", {linearForward}},
    {"projectionsForward", {projectionsForward}},
    {"residualLinearForward", {residualLinearForward}},
    {"linearBackward", {linearBackward, linearFinish}},
    {"projectionsBackward", {projectionsBackward, projectionsFinish}},
    {"residualLinearBackward", {residualLinearBackward, residualLinearFinish}},
    {"feedForwardForward", {feedForwardForward}},
    {"feedForwardBackward", {feedForwardBackward, feedForwardFinish}},
    {"layerNormForward", {layerNormForward}},
    {"layerNormBackward", {layerNormBackward, layerNormFinish}},
    {"dropout", {dropout}},
    {"columnStatistics", {columnSums, columnMeans, columnSquares, columnVariances}},
    {"batchNormForward", {batchNormForward}},
    {"batchNormBackward", {batchNormSums, batchNormBackward}},
    {"diceForward", {diceForward}},
    {"diceBackward", {diceSums, diceBackward}},
    {"attentionForward", {attentionForward}},
    {"attentionBackward", {attentionBackward}},
    {"pointwiseAttentionForward", {pointwiseAttentionForward}},
    {"pointwiseAttentionBackward", {pointwiseAttentionBackward, pointwiseAttentionFinish}},
    {"gruForward", {gruForward}},
    {"gruBackward", {gruBackward, gruFinish}},
    {"sumRecurrenceForward", {sumRecurrenceForward}},
    {"sumRecurrenceBackward", {sumRecurrenceBackward, sumRecurrenceFinish}},
    {"candidateCrossEntropy", {candidatePack, candidateCrossEntropy, candidateFinish}},
    {"rowwiseScores", {rowwiseScores}},
    {"rowwiseBackward", {rowwiseStates, rowwiseTable}},
    {"sampledCrossEntropy", {sampledCrossEntropy, sampledFinish}},
    {"binaryCrossEntropy", {binaryCrossEntropy, binaryFinish}},
    {"adam", {adam}},
    {"groupExclusions", {groupExclusions}},
    {"topItems", {topPack, topItems}},
    {"targetRanks", {ranksPack, targetRanks}},
    {NULL, {NULL}},
};
