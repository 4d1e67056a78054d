import fc from 'fast-check';
import { expect, test } from 'vitest';
import { leaveOneOut } from '../../../src/splits/leaveOneOut';

test('leave-one-out holds out two interactions of each user that has three', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 20 }), (lengths) => {
      let end = 0;
      const offsets = Uint32Array.from([0, ...lengths.map((length) => (end += length))]);
      const { trainEnd, validationEnd } = leaveOneOut.split({ offsets, times: null });
      lengths.forEach((length, user) => {
        const parts = [
          trainEnd[user]! - offsets[user]!,
          validationEnd[user]! - trainEnd[user]!,
          offsets[user + 1]! - validationEnd[user]!,
        ];
        expect(parts).toEqual(length >= 3 ? [length - 2, 1, 1] : [length, 0, 0]);
      });
    }),
  );
});
