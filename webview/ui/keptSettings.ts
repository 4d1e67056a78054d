import type { ItemLabel } from '../../src/protocol/inspection';
import { isRecord } from '../../src/protocol/isRecord';
import type { Comparison } from './checkpoints';

/* What an earlier page kept, which may have been of another version, is looked at before it is used. */

export function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isItem(value: unknown): value is ItemLabel {
  return (
    isRecord(value) && isIndex(value.item) && typeof value.id === 'string' && typeof value.title === 'string'
  );
}

export function isComparison(value: unknown): value is Comparison {
  return isRecord(value) && typeof value.run === 'string' && typeof value.checkpoint === 'string';
}
