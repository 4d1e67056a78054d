import { shortestFloat32 } from '../protocol/shortestFloat32';
import type { VectorFormat, VectorRequest } from '../protocol/vectors';
import { OutputFile, writeOutput } from '../runs/outputFile';
import { csvField } from '../formats/csv';
import { npyHeader } from '../formats/npy';

/**
 * Writes vectors with their ids, block by block, under the final name only when it is complete. What is no file (a
 * device, a FIFO) gets the vectors alone.
 * - `npy`: NumPy's format 1.0, little-endian float32 `[rows, width]`, and beside it `<name>.ids.json`, a list of the ids
 * - `csv`: a header `id,0,1,…` and a line for each row
 * - `jsonl`: a line `{"id":"…","vector":[…]}` for each row
 */
export class VectorFile {
  readonly files: string[];
  readonly #request: Pick<VectorRequest, 'format' | 'output'>;
  readonly #ids: readonly string[];
  readonly #width: number;
  readonly #file: OutputFile;
  #rows = 0;

  private constructor(
    request: Pick<VectorRequest, 'format' | 'output'>,
    ids: readonly string[],
    width: number,
    file: OutputFile,
  ) {
    this.#request = request;
    this.#ids = ids;
    this.#width = width;
    this.#file = file;
    const { format, output } = request;
    this.files = format === 'npy' && !file.isStream ? [output, idsPathOf(output)] : [output];
  }

  /** @param ids of all rows that will come, in order @throws OutputError, RunWriteError */
  static async create(
    request: Pick<VectorRequest, 'format' | 'output'>,
    ids: readonly string[],
    width: number,
  ): Promise<VectorFile> {
    const { format, output } = request;
    const opened = await OutputFile.open(output);
    try {
      await opened.write(headerOf(format, ids.length, width));
    } catch (error) {
      await opened.discard();
      throw error;
    }
    return new VectorFile(request, ids, width, opened);
  }

  /** @param values of the next rows, row-major */
  async append(values: Float32Array): Promise<void> {
    const first = this.#rows;
    this.#rows += values.length / this.#width;
    const ids = this.#ids.slice(first, this.#rows);
    await this.#file.write(encode(this.#request.format, ids, values, this.#width));
  }

  /** Puts the file in its place. */
  async finish(): Promise<void> {
    const [, idsPath] = this.files;
    if (idsPath !== undefined) await writeOutput(idsPath, [`${JSON.stringify(this.#ids)}\n`]);
    await this.#file.finish();
  }

  /** Removes what was written. */
  discard(): Promise<void> {
    return this.#file.discard();
  }
}

/** `items.npy` → `items.ids.json` */
function idsPathOf(output: string): string {
  return `${output.replace(/\.npy$/i, '')}.ids.json`;
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
