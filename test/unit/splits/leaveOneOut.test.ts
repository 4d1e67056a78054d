import fc from 'fast-check';
import { expect, test } from 'vitest';
import { leaveOneOut } from '../../../src/splits/leaveOneOut';

test('leave-one-out holds out two interactions of each user that has three', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 20 }), (lengths) => {
      let end = 0;
      const offsets = Uint32Array.from([0, ...lengths.map((length) => (end += length))]);
      const parts = leaveOneOut.split({ offsets, times: null });
      lengths.forEach((length, user) => {
        const training = Array<number>(length >= 3 ? length - 2 : length).fill(0);
        expect([...parts.subarray(offsets[user], offsets[user + 1])]).toEqual(
          length >= 3 ? [...training, 1, 2] : training,
        );
      });
    }),
  );
});
