import type { ItemKnnConfig } from './options';

/**
 * How similar a candidate is to an item of the history.
 * @param dot product of the two vectors of users, which is the number of users they share where none is weighted
 * @param candidate squared norm of the candidate's vector, which is its number of users then
 * @param met that of the history's item
 */
export type Similarity = (dot: number, candidate: number, met: number) => number;

/**
 * The similarities of Ferrari Dacrema, Cremonesi and Jannach (RecSys 2019), without the 10⁻⁶ that their code adds to each
 * denominator. Dice has the factor 2 of its definition, which their code leaves out and no ranking shows.
 */
export function similarityOf({
  similarity,
  shrinkage,
}: Pick<ItemKnnConfig, 'similarity' | 'shrinkage'>): Similarity {
  const shrunk = (value: number, denominator: number): number => {
    const whole = denominator + shrinkage;
    return whole > 0 ? value / whole : value;
  };
  switch (similarity.type) {
    case 'cosine':
    case 'adjustedCosine':
      return similarity.normalize
        ? (dot, candidate, met) => shrunk(dot, Math.sqrt(candidate * met))
        : (dot) => shrunk(dot, 0);
    case 'asymmetricCosine': {
      const { alpha, normalize } = similarity;
      return normalize
        ? (dot, candidate, met) => shrunk(dot, candidate ** alpha * met ** (1 - alpha))
        : (dot) => shrunk(dot, 0);
    }
    case 'jaccard':
      return (shared, candidate, met) => shrunk(shared, candidate + met - shared);
    case 'dice':
      return (shared, candidate, met) => shrunk(2 * shared, candidate + met);
    case 'tversky': {
      const { alpha, beta } = similarity;
      return (shared, candidate, met) =>
        shrunk(shared, shared + alpha * (candidate - shared) + beta * (met - shared));
    }
  }
}
