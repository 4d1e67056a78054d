/*
 * What the kernels in C and the TypeScript that calls them agree on: signatures, codes, sizes, and the memory they meet in.
 * `npm run generate` writes signatures.h and kernels.c from this table; KernelLibrary.run takes its types and the order of
 * arguments from it. Neither language has a number or an order of its own.
 */

/** Sizes that both sides count with. */
export const sizes = {
  /** 64 KB pages that the memory may grow to. WebAssembly addresses 32 bits; lengths of 4 GB overflow in tools on the way. */
  MAX_PAGES: 65_535,
  /** Each part's scratch, in floats: for `multiply`, and at least so much for the kernel itself. */
  MULTIPLY_FLOATS: 786_432,
  OWN_FLOATS: 1_310_720,
  /** Columns of the widest panel that any build packs: two vectors of AVX-512. */
  MAX_PANEL: 32,
  /** Rows that go through a linear layer at once: their inputs, outputs and gradients stay near the processor. */
  LINEAR_BLOCK: 96,
  MAX_PROJECTIONS: 3,
  /** Rows whose scores exist at once: few enough to stay in the cache, and a multiple of the rows of a tile in every build. */
  CROSS_ENTROPY_ROWS: 24,
  /** A block of scores. Its rows lie a little more than 4 KB apart: at 4 KB they would all want the same place in the cache. */
  RANKING_ROWS: 96,
  RANKING_COLUMNS: 1024,
  RANKING_STRIDE: 1056,
  /** Sequences that a GRU takes at once, and what keeps rows in its scratch from falling onto the same lines of the cache. */
  GRU_CHUNK: 64,
  GRU_PADDING: 16,
  /** Sequences and steps that SUM takes at once, and the floats in front of what it saves. */
  SUM_ROWS: 16,
  SUM_STEPS: 8,
  SUM_HEADER: 16,
} as const;

/** Values that are passed as their place in a list. */
export const codes = {
  Activation: ['none', 'relu', 'gelu', 'sigmoid', 'tanh', 'silu'],
  Pooling: ['sum', 'mean', 'sqrtn'],
  /** What weighs a GRU's candidate: src/compute/layers/gru.ts. */
  Update: ['gate', 'keep', 'attention', 'attentionGate', 'attentionKeep'],
  /** Operations have TensorFlow.js's names. */
  Binary: ['Add', 'Sub', 'Multiply', 'RealDiv', 'Maximum', 'Minimum', 'SquaredDifference'],
  Unary: [
    ...(['Relu', 'Sigmoid', 'Tanh', 'Exp', 'Neg', 'Square', 'Sqrt', 'Rsqrt', 'Softplus', 'Step'] as const),
    ...(['Reciprocal', 'Log', 'Abs', 'Erf'] as const),
  ],
} as const;

/** The struct Team, through which threads share a call; behind it lie the arguments, as float64. */
export const team = {
  /** generation ≪ 16 | parts ≪ 8 | next part */
  ticket: 'atomic',
  /** parts of the phase that are done */
  finished: 'atomic',
  /** threads that wait without spinning */
  sleepers: 'atomic',
  closing: 'atomic',
  kernel: 'uint32',
  phase: 'uint32',
  /** that each thread has: MULTIPLY_FLOATS + OWN_FLOATS or more */
  scratchFloats: 'uint32',
  padding: 'uint32',
  /** offset of the first thread's scratch; the others' follow */
  scratch: 'double',
} as const;

/*
 * Kinds of arguments, with the shape behind those that are pointers. A `?` may be left out (NULL in C).
 *
 *   in, out          floats that are only read, or written      size     a count: long
 *   inInts, outInts  the same of 32-bit integers                number   float
 *   flag             bool                                       double   double
 *   Activation, …    one of `codes`
 */

/** The kernels in the order of their numbers, each with its phases and arguments. <file>.c says what it computes. */
// prettier-ignore
export const kernels = {
  matMul: { file: 'matMul', phases: ['matMul'], arguments: {
    a: 'in [batchOfA, m, depth]', b: 'in [batchOfB, depth, n]', c: 'out [batch, m, n]',
    batch: 'size', m: 'size', n: 'size', depth: 'size', transposeA: 'flag', transposeB: 'flag',
    batchOfA: 'size', batchOfB: 'size' } },
  binary: { file: 'elementwise', phases: ['binary'], arguments: {
    operation: 'Binary', a: 'in', b: 'in', out: 'out [outer, middle, inner]', outer: 'size', middle: 'size', inner: 'size',
    aOuter: 'size', aMiddle: 'size', aInner: 'size', bOuter: 'size', bMiddle: 'size', bInner: 'size' } },
  unary: { file: 'elementwise', phases: ['unary'], arguments: {
    operation: 'Unary', a: 'in [count]', out: 'out [count]', count: 'size' } },
  sum: { file: 'reduction', phases: ['sumColumns', 'sumFinish'], arguments: {
    a: 'in [outer, middle, inner]', out: 'out [outer, inner]', outer: 'size', middle: 'size', inner: 'size', scale: 'number',
    partials: 'out [parts, inner]' } },
  maxRows: { file: 'reduction', phases: ['maxRows'], arguments: {
    a: 'in [rows, count]', out: 'out [rows]', rows: 'size', count: 'size' } },
  softmaxRows: { file: 'reduction', phases: ['softmaxRows'], arguments: {
    a: 'in [rows, count]', out: 'out [rows, count]', rows: 'size', count: 'size' } },
  gatherRows: { file: 'rows', phases: ['gatherRows'], arguments: {
    table: 'in [rows, width]', indices: 'inInts [count]', out: 'out [count, width]',
    count: 'size', width: 'size', rows: 'size' } },
  scatterRows: { file: 'rows', phases: ['scatterZero', 'scatterRows'], arguments: {
    table: 'out [rows, width]', tableSize: 'size', from: 'in [count, width]', indices: 'inInts [count]',
    count: 'size', width: 'size', rows: 'size' } },
  copyRows: { file: 'rows', phases: ['copyRows'], arguments: {
    from: 'in [rows, fromStep]', to: 'out [rows, toStep]', rows: 'size', width: 'size', fromStep: 'size', toStep: 'size' } },
  zero: { file: 'rows', phases: ['zero'], arguments: { to: 'out [count]', count: 'size' } },
  bagRows: { file: 'embedding', phases: ['bagRows'], arguments: {
    table: 'in', indices: 'inInts [rows, perRow]', out: 'out [rows, width]',
    rows: 'size', perRow: 'size', width: 'size', pooling: 'Pooling' } },
  bagScatter: { file: 'embedding', phases: ['bagZero', 'bagScatter'], arguments: {
    table: 'out [tableSize]', tableSize: 'size', dy: 'in [rows, width]', indices: 'inInts [rows, perRow]',
    rows: 'size', perRow: 'size', width: 'size', pooling: 'Pooling' } },
  weightedBagRows: { file: 'embedding', phases: ['weightedBagRows'], arguments: {
    table: 'in [tableRows, width]', indices: 'inInts [rows, perRow]', weights: 'in [rows, perRow]', out: 'out [rows, width]',
    rows: 'size', perRow: 'size', width: 'size', tableRows: 'size' } },
  weightedBagBackward: { file: 'embedding', phases: ['weightedBagZero', 'weightedBagBackward'], arguments: {
    dtable: 'out [tableRows, width]', tableSize: 'size', dweights: 'out [rows, perRow]', table: 'in [tableRows, width]',
    dy: 'in [rows, width]', indices: 'inInts [rows, perRow]', weights: 'in [rows, perRow]',
    rows: 'size', perRow: 'size', width: 'size', tableRows: 'size' } },
  linearForward: { file: 'linearForward', phases: ['linearForward'], arguments: {
    x: 'in [rows, in]', kernel: 'in [in, out]', bias: 'in? [out]', y: 'out [rows, out]', z: 'out? [rows, out]',
    rows: 'size', in: 'size', out: 'size', activation: 'Activation' } },
  projectionsForward: { file: 'linearForward', phases: ['projectionsForward'], arguments: {
    x: 'in [rows, in]', rows: 'size', in: 'size', out: 'size', number: 'size',
    gamma: 'in? [in]', beta: 'in? [in]', saved: 'out? [rows, 2]', epsilon: 'number',
    kernel0: 'in [in, out]', bias0: 'in [out]', y0: 'out [rows, out]',
    kernel1: 'in [in, out]', bias1: 'in [out]', y1: 'out [rows, out]',
    kernel2: 'in [in, out]', bias2: 'in [out]', y2: 'out [rows, out]' } },
  residualLinearForward: { file: 'linearForward', phases: ['residualLinearForward'], arguments: {
    x: 'in [rows, in]', kernel: 'in [in, out]', bias: 'in [out]', residual: 'in [rows, out]', y: 'out [rows, out]',
    rows: 'size', in: 'size', out: 'size', rate: 'double', key: 'double', start: 'double' } },
  linearBackward: { file: 'linearBackward', phases: ['linearBackward', 'linearFinish'], arguments: {
    x: 'in [rows, in]', kernel: 'in [in, out]', saved: 'in [rows, out]', dy: 'in [rows, out]', dx: 'out? [rows, in]',
    workspace: 'out', rows: 'size', in: 'size', out: 'size', activation: 'Activation',
    dkernel: 'out [in, out]', dbias: 'out? [out]' } },
  projectionsBackward: { file: 'linearBackward', phases: ['projectionsBackward', 'projectionsFinish'], arguments: {
    x: 'in [rows, in]', rows: 'size', in: 'size', out: 'size', number: 'size',
    gamma: 'in? [in]', beta: 'in? [in]', saved: 'in? [rows, 2]', dx: 'out [rows, in]', partials: 'out',
    dgamma: 'out? [in]', dbeta: 'out? [in]',
    kernel0: 'in [in, out]', dy0: 'in [rows, out]', dkernel0: 'out [in, out]', dbias0: 'out [out]',
    kernel1: 'in [in, out]', dy1: 'in [rows, out]', dkernel1: 'out [in, out]', dbias1: 'out [out]',
    kernel2: 'in [in, out]', dy2: 'in [rows, out]', dkernel2: 'out [in, out]', dbias2: 'out [out]' } },
  residualLinearBackward: { file: 'linearBackward', phases: ['residualLinearBackward', 'residualLinearFinish'], arguments: {
    x: 'in [rows, in]', kernel: 'in [in, out]', dy: 'in [rows, out]', dx: 'out [rows, in]', partials: 'out',
    rows: 'size', in: 'size', out: 'size', rate: 'double', key: 'double', start: 'double',
    dkernel: 'out [in, out]', dbias: 'out [out]' } },
  feedForwardForward: { file: 'feedForward', phases: ['feedForwardForward'], arguments: {
    x: 'in [rows, width]', gamma: 'in? [width]', beta: 'in? [width]', innerKernel: 'in [width, size]', innerBias: 'in [size]',
    outerKernel: 'in [size, width]', outerBias: 'in [width]',
    y: 'out [rows, width]', saved: 'out [rows, 2]', inner: 'out [rows, size]',
    rows: 'size', width: 'size', size: 'size', epsilon: 'number', activation: 'Activation',
    innerRate: 'double', innerKey: 'double', innerStart: 'double',
    outerRate: 'double', outerKey: 'double', outerStart: 'double' } },
  feedForwardBackward: { file: 'feedForward', phases: ['feedForwardBackward', 'feedForwardFinish'], arguments: {
    x: 'in [rows, width]', gamma: 'in? [width]', beta: 'in? [width]', innerKernel: 'in [width, size]',
    outerKernel: 'in [size, width]', saved: 'in [rows, 2]', inner: 'in [rows, size]', dy: 'in [rows, width]',
    dx: 'out [rows, width]', partials: 'out', rows: 'size', width: 'size', size: 'size', activation: 'Activation',
    innerRate: 'double', innerKey: 'double', innerStart: 'double',
    outerRate: 'double', outerKey: 'double', outerStart: 'double',
    dinnerKernel: 'out [width, size]', dinnerBias: 'out [size]', douterKernel: 'out [size, width]', douterBias: 'out [width]',
    dgamma: 'out? [width]', dbeta: 'out? [width]' } },
  layerNormForward: { file: 'layerNorm', phases: ['layerNormForward'], arguments: {
    x: 'in [rows, width]', gamma: 'in [width]', beta: 'in [width]', y: 'out [rows, width]', saved: 'out [rows, 2]',
    rows: 'size', width: 'size', epsilon: 'number' } },
  layerNormBackward: { file: 'layerNorm', phases: ['layerNormBackward', 'layerNormFinish'], arguments: {
    x: 'in [rows, width]', gamma: 'in [width]', saved: 'in [rows, 2]', dy: 'in [rows, width]', dx: 'out [rows, width]',
    partials: 'out [parts, 2, width]', rows: 'size', width: 'size', dgamma: 'out [width]', dbeta: 'out [width]' } },
  dropout: { file: 'dropout', phases: ['dropout'], arguments: {
    x: 'in [count]', y: 'out [count]', count: 'size', rate: 'double', key: 'double', start: 'double' } },
  columnStatistics: { file: 'batchNorm', phases: ['columnSums', 'columnMeans', 'columnSquares', 'columnVariances'], arguments: {
    x: 'in [rows, width]', partials: 'out [parts, width]', rows: 'size', width: 'size',
    mean: 'out [width]', variance: 'out [width]' } },
  batchNormForward: { file: 'batchNorm', phases: ['batchNormForward'], arguments: {
    x: 'in [rows, width]', gamma: 'in [width]', beta: 'in [width]', mean: 'in [width]', variance: 'in [width]',
    y: 'out [rows, width]', rows: 'size', width: 'size', epsilon: 'number' } },
  batchNormBackward: { file: 'batchNorm', phases: ['batchNormSums', 'batchNormBackward'], arguments: {
    x: 'in [rows, width]', gamma: 'in [width]', mean: 'in [width]', variance: 'in [width]', dy: 'in [rows, width]',
    dx: 'out [rows, width]', partials: 'out [parts, 2, width]', rows: 'size', width: 'size', epsilon: 'number',
    ownStatistics: 'flag', dgamma: 'out [width]', dbeta: 'out [width]' } },
  diceForward: { file: 'dice', phases: ['diceForward'], arguments: {
    x: 'in [rows, width]', alpha: 'in [width]', mean: 'in [width]', variance: 'in [width]', y: 'out [rows, width]',
    rows: 'size', width: 'size', epsilon: 'number' } },
  diceBackward: { file: 'dice', phases: ['diceSums', 'diceBackward'], arguments: {
    x: 'in [rows, width]', alpha: 'in [width]', mean: 'in [width]', variance: 'in [width]', dy: 'in [rows, width]',
    dx: 'out [rows, width]', partials: 'out [parts, 3, width]', rows: 'size', width: 'size', epsilon: 'number',
    ownStatistics: 'flag', dalpha: 'out [width]' } },
  attentionForward: { file: 'attention', phases: ['attentionForward'], arguments: {
    query: 'in [batch, length, width]', key: 'in [batch, length, width]', value: 'in [batch, length, width]',
    keyMask: 'in? [batch, length]', output: 'out [batch, length, width]', weights: 'out [batch, heads, length, length]',
    batch: 'size', length: 'size', width: 'size', heads: 'size', causal: 'flag', scale: 'number',
    dropoutRate: 'double', dropoutKey: 'double', dropoutStart: 'double' } },
  attentionBackward: { file: 'attention', phases: ['attentionBackward'], arguments: {
    query: 'in [batch, length, width]', key: 'in [batch, length, width]', value: 'in [batch, length, width]',
    keyMask: 'in? [batch, length]', weights: 'in [batch, heads, length, length]', doutput: 'in [batch, length, width]',
    dquery: 'out [batch, length, width]', dkey: 'out [batch, length, width]', dvalue: 'out [batch, length, width]',
    batch: 'size', length: 'size', width: 'size', heads: 'size', causal: 'flag', scale: 'number',
    dropoutRate: 'double', dropoutKey: 'double', dropoutStart: 'double' } },
  pointwiseAttentionForward: { file: 'pointwiseAttention', phases: ['pointwiseAttentionForward'], arguments: {
    projected: 'in [batch, length, 2·heads·(keySize + valueSize)]', keyMask: 'in? [batch, length]',
    positionBias: 'in? [positions]', timeBias: 'in? [buckets]', bounds: 'inInts? [buckets]', times: 'inInts? [batch, 2, length]',
    gamma: 'in [heads·valueSize]', beta: 'in [heads·valueSize]', y: 'out [batch, length, heads·valueSize]',
    logits: 'out [batch, heads, length, length]', mixed: 'out [batch, length, heads·valueSize]', saved: 'out [batch, length, 2]',
    weights: 'out? [batch, heads, length, length]', batch: 'size', length: 'size', heads: 'size', keySize: 'size',
    valueSize: 'size', positions: 'size', buckets: 'size', divisor: 'number', epsilon: 'number' } },
  pointwiseAttentionBackward: { file: 'pointwiseAttention', phases: ['pointwiseAttentionBackward', 'pointwiseAttentionFinish'], arguments: {
    projected: 'in [batch, length, 2·heads·(keySize + valueSize)]', keyMask: 'in? [batch, length]',
    positionBias: 'in? [positions]', timeBias: 'in? [buckets]', bounds: 'inInts? [buckets]', times: 'inInts? [batch, 2, length]',
    gamma: 'in [heads·valueSize]', beta: 'in [heads·valueSize]', logits: 'in [batch, heads, length, length]',
    mixed: 'in [batch, length, heads·valueSize]', saved: 'in [batch, length, 2]', dy: 'in [batch, length, heads·valueSize]',
    dprojected: 'out [batch, length, 2·heads·(keySize + valueSize)]', dmixed: 'out [batch, length, heads·valueSize]',
    partials: 'out', dpositionBias: 'out? [positions]', dtimeBias: 'out? [buckets]',
    dgamma: 'out [heads·valueSize]', dbeta: 'out [heads·valueSize]', batch: 'size', length: 'size', heads: 'size',
    keySize: 'size', valueSize: 'size', positions: 'size', buckets: 'size', divisor: 'number' } },
  gruForward: { file: 'gru', phases: ['gruForward'], arguments: {
    x: 'in [batch, steps, width]', mask: 'in [batch, steps]', inputKernel: 'in [width, 3·hidden]', inputBias: 'in [3·hidden]',
    recurrentKernel: 'in [hidden, 3·hidden]', recurrentBias: 'in [3·hidden]', attention: 'in? [batch, steps]',
    states: 'out [batch, steps, hidden]', movement: 'out [batch, steps]', saved: 'out [batch, steps, 4·hidden]',
    batch: 'size', steps: 'size', width: 'size', hidden: 'size', resetAfter: 'flag', update: 'Update' } },
  gruBackward: { file: 'gru', phases: ['gruBackward', 'gruFinish'], arguments: {
    x: 'in [batch, steps, width]', mask: 'in [batch, steps]', inputKernel: 'in [width, 3·hidden]',
    recurrentKernel: 'in [hidden, 3·hidden]', attention: 'in? [batch, steps]', states: 'in [batch, steps, hidden]',
    saved: 'in [batch, steps, 4·hidden]', dstates: 'in [batch, steps, hidden]', dx: 'out [batch, steps, width]',
    dattention: 'out? [batch, steps]', partials: 'out [parts, (width + hidden + 2)·3·hidden]',
    batch: 'size', steps: 'size', width: 'size', hidden: 'size', resetAfter: 'flag', update: 'Update',
    dinputKernel: 'out [width, 3·hidden]', dinputBias: 'out [3·hidden]',
    drecurrentKernel: 'out [hidden, 3·hidden]', drecurrentBias: 'out [3·hidden]' } },
  sumRecurrenceForward: { file: 'sumRecurrenceForward', phases: ['sumRecurrenceForward'], arguments: {
    x: 'in [batch, steps, width]', mask: 'in [batch, steps]', heads: 'in [slots, width]',
    eraseKernel: 'in [width + hidden, hidden]', eraseBias: 'in [hidden]', resetKernel: 'in [width + hidden]',
    resetBias: 'in [1]', addKernel: 'in [width + hidden, hidden]', addBias: 'in [hidden]', alpha: 'in [1]', beta: 'in [1]',
    writingKernel: 'in? [width + hidden, hidden]', writingBias: 'in? [hidden]', writingHeads: 'in? [hidden, slots]',
    memory: 'out [batch, slots + 1, hidden]', read: 'out [batch, steps, slots]', write: 'out [batch, steps, slots]',
    saved: 'out', workspace: 'out [parts, room]',
    batch: 'size', steps: 'size', width: 'size', hidden: 'size', slots: 'size', room: 'size', rows: 'size' } },
  sumRecurrenceBackward: { file: 'sumRecurrenceBackward', phases: ['sumRecurrenceBackward', 'sumRecurrenceFinish'], arguments: {
    x: 'in [batch, steps, width]', mask: 'in [batch, steps]', heads: 'in [slots, width]',
    eraseKernel: 'in [width + hidden, hidden]', resetKernel: 'in [width + hidden]', addKernel: 'in [width + hidden, hidden]',
    alpha: 'in [1]', beta: 'in [1]', writingKernel: 'in? [width + hidden, hidden]', writingHeads: 'in? [hidden, slots]',
    saved: 'in', dmemory: 'in [batch, slots + 1, hidden]', dx: 'out [batch, steps, width]', workspace: 'out [parts, room]',
    batch: 'size', steps: 'size', width: 'size', hidden: 'size', slots: 'size', room: 'size',
    dheads: 'out [slots, width]', deraseKernel: 'out [width + hidden, hidden]', deraseBias: 'out [hidden]',
    dresetKernel: 'out [width + hidden]', dresetBias: 'out [1]', daddKernel: 'out [width + hidden, hidden]',
    daddBias: 'out [hidden]', dalpha: 'out [1]', dbeta: 'out [1]', dwritingKernel: 'out? [width + hidden, hidden]',
    dwritingBias: 'out? [hidden]', dwritingHeads: 'out? [hidden, slots]' } },
  candidateCrossEntropy: { file: 'losses', phases: ['candidatePack', 'candidateCrossEntropy', 'candidateFinish'], arguments: {
    states: 'in [rows, width]', candidates: 'in [count, width]', targets: 'inInts [rows]', bias: 'in? [count]',
    rowItems: 'inInts? [rows]', candidateItems: 'inInts? [count]', scale: 'in [1]',
    dstates: 'out [rows, width]', dcandidates: 'out [count, width]', dbias: 'out? [count]', outputs: 'out [2]',
    packed: 'out', partials: 'out [parts, count·width + count + 2]', blocks: 'out [parts, blockRows·(count + width)]',
    rows: 'size', count: 'size', width: 'size', blockRows: 'size' } },
  rowwiseScores: { file: 'losses', phases: ['rowwiseScores'], arguments: {
    states: 'in [rows, width]', table: 'in', ids: 'inInts [rows, perRow]', logits: 'out [rows, perRow]',
    rows: 'size', perRow: 'size', width: 'size' } },
  rowwiseBackward: { file: 'losses', phases: ['rowwiseStates', 'rowwiseTable'], arguments: {
    states: 'in [rows, width]', table: 'in', ids: 'inInts [rows, perRow]', dlogits: 'in [rows, perRow]',
    dstates: 'out [rows, width]', dtable: 'out [tableSize]', tableSize: 'size', rows: 'size', perRow: 'size', width: 'size' } },
  sampledCrossEntropy: { file: 'losses', phases: ['sampledCrossEntropy', 'sampledFinish'], arguments: {
    logits: 'in [rows, perRow]', loss: 'out [1]', dlogits: 'out [rows, perRow]', partials: 'out [parts]',
    rows: 'size', perRow: 'size' } },
  binaryCrossEntropy: { file: 'losses', phases: ['binaryCrossEntropy', 'binaryFinish'], arguments: {
    logits: 'in [count]', labels: 'in [count]', weights: 'in? [count]', loss: 'out [1]', dlogits: 'out [count]',
    partials: 'out [parts]', count: 'size', totalWeight: 'number' } },
  adam: { file: 'adam', phases: ['adam'], arguments: {
    value: 'out [rows, width]', first: 'out [rows, width]', second: 'out [rows, width]', gradient: 'in [rows, width]',
    rows: 'size', width: 'size', rate: 'number', beta1: 'number', beta2: 'number', epsilon: 'number', lazy: 'flag' } },
  groupExclusions: { file: 'ranking', phases: ['groupExclusions'], arguments: {
    offsets: 'inInts [rows + 1]', columns: 'inInts', grouped: 'outInts', rows: 'size', candidates: 'size' } },
  topItems: { file: 'ranking', phases: ['topPack', 'topItems'], arguments: {
    states: 'in [rows, width]', items: 'in [candidates, width]', bias: 'in? [candidates]',
    excludedOffsets: 'inInts? [rows + 1]', excludedColumns: 'inInts?', columns: 'outInts [rows, k]', scores: 'out [rows, k]',
    packed: 'out', rows: 'size', candidates: 'size', width: 'size', k: 'size' } },
  targetRanks: { file: 'ranking', phases: ['ranksPack', 'targetRanks'], arguments: {
    states: 'in [rows, width]', items: 'in [candidates, width]', targetOffsets: 'inInts [rows + 1]', targets: 'inInts',
    excludedOffsets: 'inInts? [rows + 1]', excludedColumns: 'inInts?', greater: 'outInts', equal: 'outInts',
    packed: 'out', rows: 'size', candidates: 'size', width: 'size' } },
} as const;

export type KernelName = keyof typeof kernels;

type Pointer = 'in' | 'out' | 'inInts' | 'outInts';

/** What is passed for an argument of a kind; pointers as `Address`. */
type Value<Kind extends string, Address> = Kind extends `${infer Bare} [${string}`
  ? Value<Bare, Address>
  : Kind extends Pointer
    ? Address
    : Kind extends `${Pointer}?`
      ? Address | undefined
      : Kind extends keyof typeof codes
        ? (typeof codes)[Kind][number]
        : Kind extends 'flag'
          ? boolean
          : number;

/** A kernel's arguments by name. */
export type KernelArguments<Name extends KernelName, Address> = {
  [
    Argument in keyof (typeof kernels)[Name]['arguments']
  ]: (typeof kernels)[Name]['arguments'][Argument] extends infer Kind extends string
    ? Value<Kind, Address>
    : never;
};
