import { z } from 'zod';
import type { AttentionOverview } from '../../protocol/attention';
import type { ResultCodec } from '../keptResults';

/** A list of numbers, which JSON has in the place of a typed array. */
const floats = z.array(z.number()).transform((list) => Float32Array.from(list));
const overviewSchema: z.ZodType<AttentionOverview> = z.object({
  numUsers: z.int(),
  seed: z.number(),
  heads: z.array(
    z.object({
      view: z.string(),
      viewLabel: z.string(),
      label: z.string(),
      head: z.int(),
      part: z.enum(['head', 'slot']).nullable(),
      byDistance: floats,
      entropy: z.number(),
      relativeEntropy: z.number(),
      meanDistance: z.number(),
      lastShare: z.number(),
      cluster: z.int(),
    }),
  ),
  groups: z.array(
    z.object({
      label: z.string(),
      of: z.enum(['historyLength', 'popularity']),
      numUsers: z.int(),
      entropy: floats,
      meanDistance: floats,
      lastShare: floats,
    }),
  ),
});

/** Overviews as JSON. */
export const overviewCodec: ResultCodec<AttentionOverview> = {
  extension: 'json',
  encode: (overview) =>
    Buffer.from(
      `${JSON.stringify(overview, (_, value: unknown) => (value instanceof Float32Array ? [...value] : value))}\n`,
    ),
  decode: (bytes) => overviewSchema.safeParse(JSON.parse(bytes.toString())).data ?? null,
};
