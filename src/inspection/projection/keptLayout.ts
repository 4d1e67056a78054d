import { selectRows } from '../../analysis/table';
import type { UmapLayoutResult, UmapRequest } from '../../protocol/projection';
import type { InspectedRuns } from '../inspectedRuns';
import { KeptResults, type ResultCodec, type ResultKey } from '../keptResults';
import { layOut } from './layOut';
import type { Task } from '../tasks';
import { tensorCodec } from './tensorCodec';
import type { VectorTable } from './vectorStore';

/** The layout of some rows by UMAP, from the run where it was made before; else made and kept there. */
export async function keptLayout(
  runs: InspectedRuns,
  { run, table, hash }: VectorTable,
  rows: Uint32Array,
  request: UmapRequest,
  task: Task,
): Promise<UmapLayoutResult> {
  const kept = new KeptResults(run.directory.projectionPath, runs.warn);
  // Other rows make another layout, however they came to be drawn.
  const drawn = rows.length === table.numRows ? null : [...rows];
  const { dimensions, numNeighbors, minDistance, metric, epochs, seed } = request;
  // One order, whatever that of the caller is.
  const parameters = [dimensions, numNeighbors, minDistance, metric, epochs, seed];
  const key: ResultKey = { kind: 'umap', version: 1, hash, drawn, parameters };
  const codec = layoutCodec([rows.length, dimensions]);
  const known = await kept.read(key, codec);
  if (known !== null) return { ...known, cached: true };
  const made = await layOut(selectRows(table, rows), request, task);
  await kept.tryWrite(key, codec, made);
  return { ...made, cached: false };
}

/** @param shape of the coordinates, `[points, dimensions]` */
function layoutCodec(shape: number[]): ResultCodec<Omit<UmapLayoutResult, 'cached'>> {
  const scalar = (value: number) => ({ shape: [1], values: Float32Array.of(value) });
  return tensorCodec(
    ({ coordinates, seconds, trustworthiness, continuity }) =>
      new Map([
        ['coordinates', { shape, values: coordinates }],
        ['seconds', scalar(seconds)],
        ['trustworthiness', scalar(trustworthiness)],
        ['continuity', scalar(continuity)],
      ]),
    (tensors) => {
      const coordinates = tensors.get('coordinates');
      const [seconds, trustworthiness, continuity] = ['seconds', 'trustworthiness', 'continuity'].map(
        (name) => tensors.get(name)?.values[0],
      );
      if (coordinates?.shape.join() !== shape.join()) return null;
      if (seconds === undefined || trustworthiness === undefined || continuity === undefined) return null;
      return { coordinates: coordinates.values, seconds, trustworthiness, continuity };
    },
  );
}
