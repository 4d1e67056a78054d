import { z } from 'zod';
import { PARTS, type SplitRows } from './splitter';

const choice = z.enum(['keep', 'drop']).default('keep');

/** Options of splits that may hold out users and items which training does not know. */
export const coldFields = {
  coldUsers: choice.meta({
    description:
      'Users without training interactions: `keep` measures them, with an empty history where they have none; `drop` removes their held-out interactions from the data.',
  }),
  coldItems: choice.meta({
    description:
      'Items without training interactions: `keep` has them as candidates and held-out items; `drop` removes their held-out interactions from the data.',
  }),
};

export interface ColdOptions {
  coldUsers: 'keep' | 'drop';
  coldItems: 'keep' | 'drop';
}

/** Takes out of the parts, in place, what the options drop. */
export function leaveOutCold(
  parts: Uint8Array,
  { offsets, items, numItems }: Pick<SplitRows, 'offsets' | 'items' | 'numItems'>,
  { coldUsers, coldItems }: ColdOptions,
): Uint8Array {
  if (coldUsers === 'keep' && coldItems === 'keep') return parts;
  const known = new Uint8Array(numItems);
  items.forEach((item, row) => {
    if (parts[row] === PARTS.training) known[item] = 1;
  });
  for (let user = 0; user < offsets.length - 1; user++) {
    const [start, end] = [offsets[user]!, offsets[user + 1]!];
    const isCold = !parts.subarray(start, end).includes(PARTS.training);
    for (let row = start; row < end; row++) {
      if (parts[row] === PARTS.training) continue;
      if ((isCold && coldUsers === 'drop') || (known[items[row]!] === 0 && coldItems === 'drop'))
        parts[row] = PARTS.leftOut;
    }
  }
  return parts;
}

/** What the names of splits say of it. */
export function coldText({ coldUsers, coldItems }: ColdOptions): string {
  const dropped = [coldUsers === 'drop' ? 'users' : '', coldItems === 'drop' ? 'items' : ''].filter(Boolean);
  return dropped.length === 0 ? '' : ` without cold ${dropped.join(' and ')}`;
}
