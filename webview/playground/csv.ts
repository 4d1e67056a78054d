import { csvField } from '../../src/formats/csv';
import { shortestFloat32 } from '../../src/protocol/shortestFloat32';
import { explainedItems } from './reasons';
import type { Answer } from './resources';

/** What is listed, of one run or of two: rank and score in each, and the part that an item was held out for. */
export function recommendationCsv(sides: readonly { name: string; answer: Answer }[]): string {
  const items = new Map(sides.flatMap(({ answer }) => explainedItems(answer)).map((item) => [item.id, item]));
  const columns = sides.flatMap(({ name }) =>
    sides.length > 1 ? [`rank ${name}`, `score ${name}`] : ['rank', 'score'],
  );
  const lines = [...items.values()].map(({ id, title }) => {
    const part = sides[0]!.answer.heldOut.find((other) => other.id === id)?.part ?? '';
    const figures = sides.flatMap(({ answer }) => {
      const own = explainedItems(answer).find((other) => other.id === id);
      return own ? [String(own.rank), String(shortestFloat32(own.score))] : ['', ''];
    });
    return [id, title, ...figures, part];
  });
  return [['item', 'title', ...columns, 'held out'], ...lines]
    .map((fields) => `${fields.map(csvField).join(',')}\n`)
    .join('');
}
