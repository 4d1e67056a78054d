import { html, nothing, type TemplateResult } from 'lit';
import type { PictureModel } from '../plot/picture';
import { picturePng, pictureSvg } from '../plot/pictureFiles';
import type { MenuItem } from '../ui/popupMenu';
import type { ComparisonHandlers } from './handlers';

/** Pixels of a saved picture: as wide as two columns of a page. */
const FILE_WIDTH = 640;

export interface FigureOptions {
  title: string;
  /** How its numbers were measured. */
  note: string;
  picture: PictureModel;
  /** Of saved files, without extension. */
  fileName: string;
  csv?: () => string;
  /** Below the picture. */
  below?: unknown;
}

/** A picture under its title, with a menu that saves it. */
export function figure(
  { title, note, picture, fileName, csv, below }: FigureOptions,
  { onSave, onPicture }: ComparisonHandlers,
): TemplateResult {
  const file = { ...picture, title, note, width: FILE_WIDTH };
  const items: MenuItem[] = [
    {
      label: 'Save as SVG…',
      icon: 'file-media',
      run: () => onSave(`${fileName}.svg`, pictureSvg(file)),
    },
    {
      label: 'Save as PNG…',
      icon: 'file-media',
      run: () => onPicture(() => picturePng(file), `${fileName}.png`),
    },
    ...(csv === undefined
      ? []
      : [{ label: 'Save as CSV…', icon: 'table', run: () => onSave(`${fileName}.csv`, csv()) }]),
  ];
  return html`<section class="figure" aria-label=${title}>
    <header>
      <h2>${title}</h2>
      <recsight-menu .items=${items} .label=${`Save ${title}`}></recsight-menu>
    </header>
    <recsight-picture .model=${picture}></recsight-picture>
    ${below ?? nothing}
  </section>`;
}
