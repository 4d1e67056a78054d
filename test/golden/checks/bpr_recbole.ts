import * as tf from '@tensorflow/tfjs-core';
import { BprMf } from '../../../src/model/bprMf/bprMf';
import { bprMfSchema } from '../../../src/model/bprMf/options';
import { bprMfPresets } from '../../../src/model/bprMf/presets';
import type { ExampleBatch } from '../../../src/model/batches/exampleBatches';
import { modelData } from '../../unit/model/modelData';
import type { GoldenCheck } from '../goldenCheck';

type Tables = Record<'user_embedding.weight' | 'item_embedding.weight', number[][]>;

/** Ids from 1; row 0 of both tables is padding. */
interface Fixture {
  gamma: number;
  state_dict: Tables;
  grad: Tables;
  user: number[];
  pos_item: number[];
  neg_item: number[];
  pos_score: number[];
  neg_score: number[];
  loss: number;
  /** Of all users for all items, padding included. */
  full_scores: number[][];
}

/** RecBole's BPR: the preset, whose users start at 0 and have no row for padding. */
export const check: GoldenCheck = (json, compare) => {
  const fixture = json as Fixture;
  const { state_dict: tables, grad } = fixture;
  const users = tables['user_embedding.weight'].slice(1);
  const items = tables['item_embedding.weight'];
  const config = bprMfSchema.parse({
    type: 'bprMf',
    ...bprMfPresets.recbole.model,
    embeddingSize: users[0]!.length,
    sigmoidEpsilon: fixture.gamma,
  });
  const model = new BprMf(config, modelData(items.length - 1, { numUsers: users.length }), 1);
  const [userTable, itemTable] = [model.variables.get('userEmbedding')!, model.variables.get('itemEmbedding')!];
  userTable.assign(tf.tensor2d(users));
  itemTable.assign(tf.tensor2d(items));

  const size = fixture.user.length;
  const batch: ExampleBatch = {
    kind: 'examples',
    size,
    length: 0,
    users: Int32Array.from(fixture.user, (user) => user - 1),
    histories: new Int32Array(),
    candidates: Int32Array.from(fixture.user.flatMap((_, row) => [fixture.pos_item[row]!, fixture.neg_item[row]!])),
    numNegatives: 1,
    negativeHistories: null,
  };
  const { value, grads } = tf.variableGrads(() => model.loss(batch), [userTable, itemTable]);
  compare('loss', value.dataSync(), fixture.loss);
  compare('gradient of users', grads[userTable.name]!.dataSync(), grad['user_embedding.weight'].slice(1));
  compare('gradient of items', grads[itemTable.name]!.dataSync(), grad['item_embedding.weight']);

  const query = { size: users.length, length: 1, users: Int32Array.from(users.keys()), histories: new Int32Array(users.length) };
  const scoring = model.scoring(query);
  const scores = tf.matMul(scoring.states, scoring.items, false, true).arraySync() as number[][];
  compare('full scores', scores.flat(), fixture.full_scores.slice(1).map((row) => row.slice(1)));
  const scoresOf = (chosen: number[]) => chosen.map((item, row) => scores[fixture.user[row]! - 1]![item - 1]!);
  compare('scores of positives', scoresOf(fixture.pos_item), fixture.pos_score);
  compare('scores of negatives', scoresOf(fixture.neg_item), fixture.neg_score);
  model.dispose();
};
