import { foldText, matchGrade, NO_MATCH } from '../../src/series/textMatch';

/** What a search found among the points. */
export interface SearchResult {
  /** Best first: equal, beginning with it, with a word that does, containing it, with its letters in this order. */
  points: Uint32Array;
  /** Why a regular expression is none. */
  problem: string | null;
}

const NOTHING: SearchResult = { points: new Uint32Array(0), problem: null };

/** Texts of points, made ready to be searched at every key. */
export class PointSearch {
  readonly #columns: readonly (readonly string[])[];
  #folded: string[][] | null = null;

  /** @param columns such as titles and ids */
  constructor(columns: readonly (readonly string[])[]) {
    this.#columns = columns;
  }

  /** `/…/` is a regular expression, without regard to case. The empty text finds nothing. */
  find(text: string): SearchResult {
    const wanted = foldText(text.trim());
    if (wanted === '') return NOTHING;
    if (text.length > 1 && text.startsWith('/') && text.endsWith('/')) return this.#findExpression(text);
    this.#folded ??= this.#columns.map((column) => column.map(foldText));
    const graded: number[][] = Array.from({ length: NO_MATCH }, () => []);
    const count = this.#folded[0]?.length ?? 0;
    for (let point = 0; point < count; point++) {
      let best = NO_MATCH;
      for (const column of this.#folded) best = Math.min(best, matchGrade(column[point]!, wanted));
      graded[best]?.push(point);
    }
    // Letters in order are in almost every long title: they help only where nothing else does.
    const better = graded.slice(0, 4).flat();
    return { points: Uint32Array.from(better.length > 0 ? better : graded[4]!), problem: null };
  }

  #findExpression(text: string): SearchResult {
    let expression: RegExp;
    try {
      expression = new RegExp(text.slice(1, -1), 'iu');
    } catch (error) {
      return { ...NOTHING, problem: error instanceof Error ? error.message : String(error) };
    }
    const found: number[] = [];
    const count = this.#columns[0]?.length ?? 0;
    for (let point = 0; point < count; point++) {
      if (this.#columns.some((column) => expression.test(column[point]!))) found.push(point);
    }
    return { points: Uint32Array.from(found), problem: null };
  }
}
