import { mkdir, open, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { VectorFormat, VectorRequest } from '../protocol/vectors';
import { toWriteError } from '../runs/runErrors';
import { csvField, shortestFloat32 } from './csv';
import { npyHeader } from './npy';

/**
 * Writes vectors with their ids, block by block, under the final name only when it is complete.
 * - `npy`: NumPy's format 1.0, little-endian float32 `[rows, width]`, and beside it `<name>.ids.json`, a list of the ids
 * - `csv`: a header `id,0,1,…` and a line for each row
 * - `jsonl`: a line `{"id":"…","vector":[…]}` for each row
 */
export class VectorFile {
  readonly files: string[];
  readonly #request: Pick<VectorRequest, 'format' | 'output'>;
  readonly #ids: readonly string[];
  readonly #width: number;
  readonly #handle: FileHandle;
  #rows = 0;

  private constructor(
    request: Pick<VectorRequest, 'format' | 'output'>,
    ids: readonly string[],
    width: number,
    handle: FileHandle,
  ) {
    this.#request = request;
    this.#ids = ids;
    this.#width = width;
    this.#handle = handle;
    const { format, output } = request;
    this.files = format === 'npy' ? [output, idsPathOf(output)] : [output];
  }

  /** @param ids of all rows that will come, in order @throws RunWriteError */
  static async create(
    request: Pick<VectorRequest, 'format' | 'output'>,
    ids: readonly string[],
    width: number,
  ): Promise<VectorFile> {
    const { format, output } = request;
    try {
      await mkdir(path.dirname(output), { recursive: true });
      const handle = await open(partialPathOf(output), 'w');
      const file = new VectorFile(request, ids, width, handle);
      await handle.writeFile(headerOf(format, ids.length, width));
      return file;
    } catch (error) {
      throw toWriteError(error, output);
    }
  }

  /** @param values of the next rows, row-major */
  async append(values: Float32Array): Promise<void> {
    const first = this.#rows;
    this.#rows += values.length / this.#width;
    const ids = this.#ids.slice(first, this.#rows);
    try {
      await this.#handle.writeFile(encode(this.#request.format, ids, values, this.#width));
    } catch (error) {
      throw toWriteError(error, this.#request.output);
    }
  }

  /** Puts the file in its place. */
  async finish(): Promise<void> {
    const { output } = this.#request;
    try {
      await this.#handle.close();
      const [, idsPath] = this.files;
      if (idsPath !== undefined) await writeFile(idsPath, `${JSON.stringify(this.#ids)}\n`);
      await rename(partialPathOf(output), output);
    } catch (error) {
      throw toWriteError(error, output);
    }
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(partialPathOf(this.#request.output), { force: true });
  }
}

/** `items.npy` → `items.ids.json` */
function idsPathOf(output: string): string {
  return `${output.replace(/\.npy$/i, '')}.ids.json`;
}

function partialPathOf(output: string): string {
  return `${output}.partial`;
}

function headerOf(format: VectorFormat, rows: number, width: number): Buffer | string {
  switch (format) {
    case 'npy':
      return npyHeader(rows, width);
    case 'csv':
      return `${['id', ...Array.from({ length: width }, (_, column) => column)].join(',')}\n`;
    case 'jsonl':
      return '';
  }
}

function encode(
  format: VectorFormat,
  ids: readonly string[],
  values: Float32Array,
  width: number,
): Buffer | string {
  if (format === 'npy') {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, place) => bytes.writeFloatLE(value, 4 * place));
    return bytes;
  }
  return ids
    .map((id, row) => {
      const vector = Array.from(values.subarray(row * width, (row + 1) * width), shortestFloat32);
      return format === 'csv'
        ? `${[csvField(id), ...vector].join(',')}\n`
        : `{"id":${JSON.stringify(id)},"vector":[${vector.join(',')}]}\n`;
    })
    .join('');
}
