/* All kernels in one unit, and the table by which they are found. */
#include "kernel.h"

#include "gemm.c"

#include "elementwise.c"

#include "layers.c"

#include "feedForward.c"

#include "attention.c"

#include "gru.c"

#include "sumRecurrence.c"

#include "losses.c"

#include "optimizer.c"

#include "ranking.c"

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
    {"bagScatter", {scatterZero, bagScatter}},
    {"weightedBagRows", {weightedBagRows}},
    {"weightedBagBackward", {scatterZero, weightedBagBackward}},
    {"linearForward", {linearForward}},
    {"linearBackward", {linearBackward, linearFinish}},
    {"projectionsForward", {projectionsForward}},
    {"projectionsBackward", {projectionsBackward, projectionsFinish}},
    {"residualLinearForward", {residualLinearForward}},
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
