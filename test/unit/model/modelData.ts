import type { ModelData, Query } from '../../../src/model/model';

/** Data of so many users and items without features, every item as often as its index says. */
export function modelData(numItems: number, change: Partial<ModelData> = {}): ModelData {
  return {
    numUsers: 4,
    numItems,
    itemCounts: Uint32Array.from({ length: numItems + 1 }, (_, item) => item),
    itemFeatures: [],
    userFeatures: [],
    ...change,
  };
}

/** A query of users 0, 1, … with these left-padded histories, all of one length. */
export function queryOf(...histories: number[][]): Query {
  return {
    size: histories.length,
    length: histories[0]!.length,
    users: Int32Array.from(histories.keys()),
    histories: Int32Array.from(histories.flat()),
  };
}
