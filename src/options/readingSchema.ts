import { z } from 'zod';
import { describe } from './describe';
import { encodingName } from './encodingName';

/** Name of a column, or its place from 1 in a file without a header. */
export const columnSchema = z
  .union([z.string().min(1), z.int().min(1)])
  .transform((column) => String(column));

/** How files of rows are to be read: what is not said is guessed from the first bytes of each, and the guess is told. */
export const readingFields = {
  format: z
    .enum(['auto', 'csv', 'tsv', 'jsonl', 'parquet', 'recbole', 'sequences'])
    .default('auto')
    .meta(
      describe(
        'Format of the files. `auto` looks at the file name, then at the first lines. `jsonl` also reads JSON arrays. `sequences`: a line per user, with the user and then their items, oldest first.',
      ),
    ),
  separator: z
    .string()
    .min(1)
    .max(4)
    .optional()
    .meta(
      describe(
        'Separator of the values of a text file, such as `,` or `::`. Default: guessed from the first lines.',
      ),
    ),
  header: z
    .union([z.boolean(), z.array(z.string().min(1)).min(1)])
    .optional()
    .meta(
      describe(
        'Whether the first line names the columns, or a list of their names. Without a header, columns are named by their place: `1`, `2`, … Default: guessed from the first lines.',
      ),
    ),
  quote: z
    .string()
    .max(1)
    .optional()
    .meta(
      describe(
        'Character around values that contain the separator; `""` for none, so that `"` is a character like any other. Default: `"`, but none in files separated by tabs, spaces or `::`, unless their values are plainly quoted.',
      ),
    ),
  escape: z
    .string()
    .max(1)
    .optional()
    .meta(
      describe(
        'Character before a quote that is part of the value, such as `\\`, or `""` for the quote itself. Default: the quote itself, or `\\` in a file with `\\"` inside its values.',
      ),
    ),
  encoding: z
    .string()
    .min(1)
    .refine(
      (label) => encodingName(label) !== null,
      'must name an encoding, such as `utf-8`, `latin-1`, `utf-16le` or `gbk`',
    )
    .optional()
    .meta(
      describe(
        'Encoding of a text file, such as `latin-1`, `utf-16le` or `gbk`. Default: UTF-8, UTF-16 or Latin-1 (Windows-1252), guessed from the bytes.',
      ),
    ),
};

/** Texts that stand for nothing, beside the empty one. */
export const missingSchema = z.array(z.string());

/** The options that say how a text file is read; a query takes none of them. */
export type ReadingOptions = Pick<
  z.output<z.ZodObject<typeof readingFields>>,
  'format' | 'separator' | 'header' | 'quote' | 'escape' | 'encoding'
>;
