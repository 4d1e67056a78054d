import { selectRows } from '../../analysis/table';
import type { UmapLayoutResult, UmapRequest } from '../../protocol/projection';
import type { NamedTensor } from '../../formats/safetensors';
import type { InspectedRuns } from '../inspectedRuns';
import { layOut } from './layOut';
import { ProjectionFolder } from './projectionFolder';
import type { Task } from '../tasks';
import type { VectorTable } from './vectorStore';

const KIND = 'umap';
/** Changes with what comes of the same vectors and the same request. */
const VERSION = 1;

/** The layout of some rows by UMAP, from the run where it was made before; else made and kept there. */
export async function keptLayout(
  runs: InspectedRuns,
  { run, table, hash }: VectorTable,
  rows: Uint32Array,
  request: UmapRequest,
  task: Task,
): Promise<UmapLayoutResult> {
  const folder = new ProjectionFolder(run.directory);
  // Other rows make another layout, however they came to be drawn.
  const drawn = rows.length === table.numRows ? null : [...rows];
  const { dimensions, numNeighbors, minDistance, metric, epochs, seed } = request;
  // One order, whatever that of the caller is.
  const parameters = [dimensions, numNeighbors, minDistance, metric, epochs, seed];
  const key = { version: VERSION, hash, drawn, parameters };
  const shape = [rows.length, dimensions];
  const kept = fromTensors(await folder.read(KIND, key), shape);
  if (kept !== null) return kept;
  const made = await layOut(selectRows(table, rows), request, task);
  await folder.tryWrite(KIND, key, toTensors(made, shape), runs.warn);
  return { ...made, cached: false };
}

type Made = Omit<UmapLayoutResult, 'cached'>;

function toTensors(made: Made, shape: number[]): Map<string, NamedTensor> {
  const { coordinates, seconds, trustworthiness, continuity } = made;
  return new Map([
    ['coordinates', { shape, values: coordinates }],
    ['seconds', scalar(seconds)],
    ['trustworthiness', scalar(trustworthiness)],
    ['continuity', scalar(continuity)],
  ]);
}

const scalar = (value: number): NamedTensor => ({ shape: [1], values: Float32Array.of(value) });

/** Null where they are not what `toTensors` made of a layout of this shape. */
function fromTensors(
  tensors: ReadonlyMap<string, NamedTensor> | null,
  shape: readonly number[],
): UmapLayoutResult | null {
  const coordinates = tensors?.get('coordinates');
  const [seconds, trustworthiness, continuity] = ['seconds', 'trustworthiness', 'continuity'].map(
    (name) => tensors?.get(name)?.values[0],
  );
  if (coordinates?.shape.join() !== shape.join()) return null;
  if (seconds === undefined || trustworthiness === undefined || continuity === undefined) return null;
  return { coordinates: coordinates.values, cached: true, seconds, trustworthiness, continuity };
}
