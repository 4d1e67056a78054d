#include "dropout.h"

/*
 * dropout: y[count] = x[count]∘mask, where number i of the stream (key, start) makes the mask's i-th value 0 or 1/(1 − rate).
 * The gradient is the same call on dy.
 * Plain definition: dropoutBy of src/compute/layers/dropout.ts.
 */
static void dropout(const Call *call, int part, int parts) {
  const DropoutArguments args = dropoutArguments(call);
  const float *x = args.x;
  float *y = args.y;
  long from, to;
  DropoutMask mask = dropoutMask(args.rate, args.key, args.start);
  share(args.count, W, part, parts, &from, &to);
  dropRun(mask, x + from, y + from, (uint32_t)from, to - from);
}
