import type { IalsConfig } from './options';

/**
 * A weighted least-squares problem over all pairs of users and items, as the normal equations of one vector see it:
 *
 *     (base · Σ_all y yᵀ + Σ_observed extra(r) y yᵀ + penalty · I) x = Σ_observed target(r) y
 *
 * where y are the vectors of the other side and r is how often the pair occurs.
 */
export interface Objective {
  base: number;
  extra: (strength: number) => number;
  target: (strength: number) => number;
  /** @param others size of the other side */
  penalty: (observed: number, others: number) => number;
}

/**
 * - `rendle`: Σ_observed (x·y − 1)² + α₀ Σ_all (x·y)² + λ Σ (n + α₀ N)^ν |·|², with n observed pairs of a user or item, and N items
 *   or users in all (Rendle, Krichene, Zhang, Koren: Revisiting the performance of iALS on item recommendation benchmarks).
 * - `hkv`: Σ_all c (p − x·y)² + λ Σ |·|², p = 1 where observed, else 0, c = 1 + α r (Hu, Koren, Volinsky 2008, equations 3 to 5).
 * - `implicit`: the same with c = α r where observed, else 1.
 */
export function objectiveOf(objective: IalsConfig['objective']): Objective {
  const { regularization } = objective;
  switch (objective.type) {
    case 'rendle': {
      const { unobservedWeight, frequencyExponent } = objective;
      return {
        base: unobservedWeight,
        extra: () => 1,
        target: () => 1,
        penalty: (observed, others) =>
          regularization * (observed + unobservedWeight * others) ** frequencyExponent,
      };
    }
    case 'hkv': {
      const { alpha } = objective;
      return {
        base: 1,
        extra: (strength) => alpha * strength,
        target: (strength) => 1 + alpha * strength,
        penalty: () => regularization,
      };
    }
    case 'implicit': {
      const { alpha } = objective;
      return {
        base: 1,
        extra: (strength) => alpha * strength - 1,
        target: (strength) => alpha * strength,
        penalty: () => regularization,
      };
    }
  }
}
