import { describe, expect, it } from 'vitest';
import { firstLine } from '../../../src/host/errorMessage';

describe('firstLine', () => {
  it('leaves out what a trainer printed', () => {
    expect(firstLine('The trainer ended with exit code 1. It printed:\nError: x\n    at main')).toBe(
      'The trainer ended with exit code 1.',
    );
  });
});
