import { lstat } from 'node:fs/promises';
import { z } from 'zod';
import {
  decodeContent,
  type NamedTensor,
  type SafetensorsContent,
  type TensorValues,
} from '../formats/safetensors';
import { errorText, systemReason } from '../protocol/errorText';
import { readPlainFile } from './plainFiles';
import { meansMissing, RunReadError } from './runErrors';
import { parseRunFile, stringifyRunJson } from './runJson';
import { count, protocolSchema } from './runSchema';
import type { EvaluationProtocol } from '../protocol/evaluation';

/* Columns of results, as they are in the safetensors files of `evaluation/`. */

/** Of `evaluation/<part>.json` and of the columns next to it. Version 1 had the ranks in the JSON. */
export const EVALUATION_SCHEMA_VERSION = '2.0';

/** Node.js reads no more at once. */
const MAX_BYTES = 2 ** 31 - 1;

/** What results are of. */
export interface ResultsAbout {
  protocol: EvaluationProtocol;
  epoch: number;
  step: number;
}

/** The file says by itself what it is of, so that one that was written just before a trainer died is still whole. */
export function remarksOf({ protocol, epoch, step }: ResultsAbout): Record<string, string> {
  return {
    schemaVersion: EVALUATION_SCHEMA_VERSION,
    epoch: String(epoch),
    step: String(step),
    protocol: stringifyRunJson(protocol),
  };
}

/** Adds the columns `<name>.offsets` and `<name>.bytes` of texts. Those of bytes go last, so that all others are aligned. */
export function addTexts(
  columns: Map<string, NamedTensor<TensorValues>>,
  texts: readonly (readonly [name: string, texts: readonly string[]])[],
): void {
  const encoded = texts.map(([name, ids]) => ({ name, ...encodeTexts(ids) }));
  for (const { name, offsets } of encoded)
    columns.set(`${name}.offsets`, { shape: [offsets.length], values: offsets });
  for (const { name, bytes } of encoded)
    columns.set(`${name}.bytes`, { shape: [bytes.length], values: bytes });
}

function encodeTexts(texts: readonly string[]): { offsets: Uint32Array; bytes: Uint8Array } {
  const parts = texts.map((text) => Buffer.from(text));
  const offsets = new Uint32Array(texts.length + 1);
  parts.forEach((part, row) => (offsets[row + 1] = offsets[row]! + part.length));
  return { offsets, bytes: new Uint8Array(Buffer.concat(parts)) };
}

export function damaged(file: string, reason: string): RunReadError {
  return new RunReadError(
    'run/corrupt',
    `The stored results ${file} are damaged: ${reason}. Evaluate the run again: \`recsight evaluate\`.`,
  );
}

/** @throws RunReadError for a version that is newer, or none */
export function majorOf(file: string, version: string | undefined): number {
  const major = Number(/^(\d+)\.\d+$/.exec(version ?? '')?.[1]);
  const supported = Number(EVALUATION_SCHEMA_VERSION.split('.')[0]);
  if (major > supported) {
    throw new RunReadError(
      'run/newer-version',
      `${file} has schema version ${version}, but this RecSight reads up to ${supported}.x. Update RecSight to use these results.`,
    );
  }
  if (!(major >= 1)) throw damaged(file, 'the field `schemaVersion` is missing or not a version');
  return major;
}

/** Whether the summary of a part, `evaluation/<part>.json`, is of one that was measured by labels. */
export function isByLabels(summary: unknown): boolean {
  return shownSchema.safeParse(summary).success;
}

const shownSchema = z.looseObject({ protocol: z.looseObject({ candidates: z.literal('shown') }) });

type ArrayType<Values> = abstract new (...args: never[]) => Values;

/** The columns of a file. What does not fit is damage. */
export class ResultColumns {
  private constructor(
    readonly file: string,
    private readonly content: SafetensorsContent,
  ) {}

  /** @throws RunReadError */
  static async read(file: string): Promise<ResultColumns> {
    const bytes = await readBytes(file);
    try {
      const columns = new ResultColumns(file, decodeContent(bytes));
      majorOf(file, columns.content.remarks.schemaVersion);
      return columns;
    } catch (error) {
      throw error instanceof RunReadError ? error : damaged(file, errorText(error));
    }
  }

  get names(): string[] {
    return [...this.content.tensors.keys()];
  }

  has(name: string): boolean {
    return this.content.tensors.has(name);
  }

  /** The second axis of a table; 0 where there is none. */
  widthOf(name: string): number {
    return this.content.tensors.get(name)?.shape[1] ?? 0;
  }

  optional<Values extends TensorValues>(
    name: string,
    type: ArrayType<Values>,
    length: number,
  ): Values | null {
    const values = this.content.tensors.get(name)?.values;
    if (values === undefined) return null;
    if (!(values instanceof type) || values.length !== length)
      throw damaged(this.file, `the column ${name} does not fit the others`);
    return values;
  }

  required<Values extends TensorValues>(name: string, type: ArrayType<Values>, length: number): Values {
    const values = this.optional(name, type, length);
    if (values === null) throw damaged(this.file, `the column ${name} is missing`);
    return values;
  }

  /** A column of any length. */
  whole<Values extends TensorValues>(name: string, type: ArrayType<Values>): Values {
    return this.required(name, type, this.content.tensors.get(name)?.values.length ?? 0);
  }

  offsets(name: string): Uint32Array {
    const offsets = this.whole(name, Uint32Array);
    const rises = offsets.length > 0 && offsets.every((end, row) => end >= (offsets[row - 1] ?? 0));
    if (!rises || offsets[0] !== 0) throw damaged(this.file, `the column ${name} does not rise from 0`);
    return offsets;
  }

  texts(name: string): string[] {
    const offsets = this.offsets(`${name}.offsets`);
    const values = this.required(`${name}.bytes`, Uint8Array, offsets.at(-1)!);
    const decoder = new TextDecoder();
    return Array.from(offsets.subarray(1), (end, row) => decoder.decode(values.subarray(offsets[row], end)));
  }

  about(): ResultsAbout {
    const { remarks } = this.content;
    const { data } = aboutSchema.safeParse({
      epoch: Number(remarks.epoch),
      step: Number(remarks.step),
      protocol: protocolIn(remarks),
    });
    if (data === undefined) throw damaged(this.file, 'they do not say their protocol and checkpoint');
    return data;
  }
}

const aboutSchema = z.object({ epoch: count, step: count, protocol: protocolSchema });

function protocolIn({ protocol }: Record<string, string>): unknown {
  try {
    return parseRunFile(protocol ?? '');
  } catch {
    return undefined;
  }
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    const { size } = await lstat(file);
    if (size > MAX_BYTES) throw damaged(file, `it has ${size} bytes, far too many`);
    return await readPlainFile(file);
  } catch (error) {
    if (error instanceof RunReadError) throw error;
    if (meansMissing(error)) throw damaged(file, 'it is missing');
    throw new RunReadError('run/unreadable', `${file} cannot be read (${systemReason(error)}).`);
  }
}
