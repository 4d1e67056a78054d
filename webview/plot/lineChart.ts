import { html, nothing, render, type TemplateResult } from 'lit';
import uPlot from 'uplot';
import { icon, iconButton } from '../ui/controls';
import type { MenuItem } from '../ui/popupMenu';
import { markDrawn } from '../ui/drawn';
import { fade, readTheme, type Theme } from '../ui/theme';
import { rangeOf, xIncrements } from './chartAxes';
import { alignLines, COLUMNS_PER_LINE, drawLine, fullRange, type DrawnLine } from './chartData';
import {
  drawAxisLabels,
  drawEndLabels,
  drawMarks,
  endLabelWidth,
  type AxisLabel,
  type LineEnd,
} from './chartMarks';
import { chartCsv, isSameChart, type ChartLine, type ChartModel, type Zoom } from './chartModel';
import { chartPng } from './chartPng';
import { chartTable } from './chartTable';
import { formatLogTicks, formatTicks, formatX, notesOn, summarize } from './chartText';
import { tooltipRow } from './chartTooltip';
import { DrawnElement } from './drawnElement';
import 'uplot/dist/uPlot.min.css';
import './lineChart.css';

/** Told apart without color too. */
const DASHES = [[], [7, 3], [2, 3], [9, 3, 2, 3]];
/** uPlot's constants, which are of a kind that TypeScript cannot import. */
const AXIS_SIDES: Record<ChartLine['side'], uPlot.Axis.Side> = { left: 3, right: 1 };

/**
 * A line chart with its title: `<recsight-line-chart .model=${model}>`.
 *
 * Drag to zoom, double-click for all. With the keyboard: arrows move the crosshair (Shift by ten), Home and End,
 * + and − zoom, 0 or Escape shows all. There is a table in place of the picture for those who want one.
 */
export class LineChart extends DrawnElement {
  #model: ChartModel | null = null;
  #theme: Theme = readTheme();
  #plot: uPlot | null = null;
  /** What the plot was made for; another one is made when this changes. */
  #plotKey = '';
  #lines: readonly ChartLine[] = [];
  #drawn: readonly DrawnLine[] = [];
  #asTable = false;
  #timesDrawn = 0;
  /** CSS pixels of the plot, measured when they may have changed. */
  #size: { width: number; height: number } | null = null;

  /** A page gives all its charts new models whenever anything changes: those that look the same are not drawn again. */
  set model(model: ChartModel) {
    const before = this.#model;
    this.#model = model;
    if (!before || !isSameChart(before, model)) this.scheduleAtOnce();
  }

  /** How many times it was drawn. */
  get timesDrawn(): number {
    return this.#timesDrawn;
  }

  /** Points on the canvas of the line that has most of them. */
  get drawnPoints(): number {
    return Math.max(0, ...this.#drawn.map(({ buckets }) => buckets.x.length));
  }

  override connectedCallback(): void {
    this.#theme = readTheme();
    super.connectedCallback();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#dropPlot();
  }

  protected override draw(): void {
    if (this.#model) this.#update(this.#model);
  }

  protected override resized(): void {
    this.#size = null;
  }

  protected override themeChanged(): void {
    this.#theme = readTheme();
    this.#dropPlot();
  }

  #update(model: ChartModel): void {
    this.#timesDrawn++;
    this.#lines = model.lines.filter(({ x }) => x.length > 0);
    const full = this.#lines.length > 0 ? fullRange(this.#lines) : { from: 0, to: 1 };
    const range = model.zoom ?? full;
    const pixels = this.#plot ? Math.round(this.#plot.bbox.width / uPlot.pxRatio) : this.clientWidth;
    this.#drawn = this.#lines.map((line) => drawLine(line, model.yAxis, range, pixels));
    const drawable = this.#drawn.some(({ buckets }) => buckets.mean.some(Number.isFinite));
    this.#renderFrame(model, drawable);
    if (drawable && !this.#asTable) this.#renderPlot(model, range);
    else this.#dropPlot();
  }

  #renderFrame(model: ChartModel, drawable: boolean): void {
    const hasPoints = this.#lines.length > 0;
    const notes = hasPoints ? notesOn(this.#drawn, model.partial) : [];
    render(
      html`<header>
          <h2 title=${model.title}>${model.title}</h2>
          ${model.badge ? html`<span class="badge" title=${model.badge.title}>${model.badge.text}</span>` : nothing}
          <span class="chart-tools" ?hidden=${!hasPoints}>
            ${model.zoom ? iconButton('zoom-out', 'Show All', () => model.onZoom(null)) : nothing}
            ${iconButton(
              this.#asTable ? 'graph-line' : 'table',
              this.#asTable ? 'View as Chart' : 'View as Table',
              () => {
                this.#asTable = !this.#asTable;
                this.#update(model);
              },
            )}
            <recsight-menu
              .label=${`More for ${model.title}`}
              .items=${this.#menu(model, drawable)}
            ></recsight-menu>
          </span>
        </header>
        ${
          this.#asTable && hasPoints
            ? chartTable(model.title, this.#lines)
            : html`<div
                class="plot"
                ?hidden=${!drawable}
                role="slider"
                tabindex="0"
                aria-label=${drawable ? summarize(model, this.#lines) : model.title}
                aria-valuemin="0"
                aria-valuenow="0"
                aria-valuemax=${Math.max(0, this.drawnPoints - 1)}
                @keydown=${(event: KeyboardEvent) => this.#keyPressed(event)}
                @blur=${() => this.#moveCursor(null)}
              ></div>`
        }
        ${
          drawable || (this.#asTable && hasPoints)
            ? nothing
            : html`<p class="chart-empty">
                ${hasPoints ? 'No values can be drawn on this axis.' : model.empty}
              </p>`
        }
        <p class="chart-notes">${notes.join(' ')}</p>`,
      this,
    );
  }

  #menu(model: ChartModel, drawable: boolean): MenuItem[] {
    const csv = {
      label: 'Save as CSV…',
      icon: 'save',
      run: () => model.onSave(`${model.fileName}.csv`, chartCsv(this.#lines)),
    };
    const png = { label: 'Save as PNG…', icon: 'file-media', run: () => void this.#savePng(model) };
    return drawable && !this.#asTable ? [png, csv] : [csv];
  }

  async #savePng(model: ChartModel): Promise<void> {
    if (!this.#plot) return;
    const png = await chartPng(model, this.#plot.ctx.canvas, this.#theme, uPlot.pxRatio);
    model.onSave(`${model.fileName}.png`, png);
  }

  #renderPlot(model: ChartModel, range: Zoom): void {
    const container = this.querySelector<HTMLElement>('.plot')!;
    // Measuring makes the browser lay out the page, which none but the first drawing in a size needs.
    const { width, height } = (this.#size ??= {
      width: container.clientWidth,
      height: container.clientHeight,
    });
    if (width === 0 || height === 0) {
      this.#size = null;
      return;
    }
    const key = JSON.stringify([
      model.xAxis,
      model.yAxis,
      this.#lines.map(({ label, side, color }) => [label, side, color]),
    ]);
    const data = alignLines(this.#drawn);
    if (!this.#plot || key !== this.#plotKey) {
      this.#dropPlot();
      this.#plotKey = key;
      this.#plot = new uPlot(this.#options(model, width, height), data, container);
    }
    const plot = this.#plot;
    plot.batch(() => {
      if (plot.width !== width || plot.height !== height) plot.setSize({ width, height });
      this.#lines.forEach((line, i) => {
        const average = 1 + i * COLUMNS_PER_LINE + 3;
        plot.series[average]!.show = line.smoothing > 0;
        plot.series[average - 1]!.alpha = line.smoothing > 0 ? 0.35 : 1;
        plot.series[average - 1]!.width = line.smoothing > 0 ? 1 : 1.75;
      });
      plot.setData(data, false);
      plot.setScale('x', { min: range.from, max: range.to });
    });
  }

  #dropPlot(): void {
    this.#plot?.destroy();
    this.#plot = null;
  }

  #colorOf(line: number): string {
    const place = this.#lines[line]?.color ?? line;
    return this.#theme.series[place % this.#theme.series.length]!;
  }

  #options(model: ChartModel, width: number, height: number): uPlot.Options {
    const { muted, line: lineColor, grid, numberFont, font } = this.#theme;
    const log = model.yAxis === 'log';
    const sides = [...new Set(this.#lines.map(({ side }) => side))];
    const axis = {
      stroke: muted,
      font: `11px ${numberFont}`,
      labelFont: `11px ${font}`,
      ticks: { show: false },
      gap: 6,
    };
    return {
      width,
      height,
      pxAlign: 0,
      padding: [sides.length > 1 ? 20 : 14, () => this.#endLabelSpace(), 0, 0],
      legend: { show: false },
      scales: {
        x: { time: false },
        ...Object.fromEntries(
          sides.map((side) => [side, { distr: log ? 3 : 1, range: rangeOf(this.#lines, side, log) }]),
        ),
      },
      axes: [
        {
          ...axis,
          size: 22,
          space: 64,
          label: model.xAxis === 'time' ? 'training time' : model.xAxis,
          labelSize: 16,
          labelGap: 0,
          grid: { show: false },
          border: { show: true, stroke: lineColor, width: 1 },
          incrs: (_plot, _axis, from, to) => xIncrements(model.xAxis, from, to),
          values: (_plot, ticks, _axis, _space, increment) =>
            model.xAxis === 'time' ? ticks.map((x) => formatX(x, 'time')) : formatTicks(ticks, increment),
        },
        ...sides.map((side, i): uPlot.Axis => {
          const lines = this.#lines.filter((line) => line.side === side);
          return {
            ...axis,
            scale: side,
            side: AXIS_SIDES[side],
            size: (_plot, values: (string | null)[] | null) =>
              12 + 6.6 * Math.max(2, ...(values ?? []).map((text) => text?.length ?? 0)),
            space: 36,
            grid: { show: i === 0, stroke: grid, width: 1 },
            values: (_plot, ticks, _axis, _space, increment) =>
              log ? formatLogTicks(ticks) : (lines[0]!.formatTicks ?? formatTicks)(ticks, increment),
          };
        }),
      ],
      series: [
        {},
        ...this.#lines.flatMap((line, i): uPlot.Series[] => {
          const stroke = this.#colorOf(i);
          const edge = { scale: line.side, width: 0, points: { show: false } };
          const drawn = { scale: line.side, stroke, width: 1.75, dash: DASHES[i % DASHES.length]! };
          return [
            edge,
            edge,
            { ...drawn, points: { size: 5, fill: stroke, width: 0 } },
            { ...drawn, points: { show: false } },
          ];
        }),
      ],
      bands: this.#lines.map((_, i) => ({
        series: [1 + i * COLUMNS_PER_LINE + 1, 1 + i * COLUMNS_PER_LINE],
        fill: fade(this.#colorOf(i), 0.22),
      })),
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false, dist: 4 },
        points: { size: 7, width: 0 },
        sync: {
          key: 'recsight',
          scales: ['x', null],
          filters: { pub: (type) => type.startsWith('mouse') && !/down|up/.test(type) },
        },
        bind: {
          dblclick: () => () => {
            this.#model?.onZoom(null);
            return null;
          },
        },
      },
      hooks: {
        setSelect: [
          (plot) => {
            const { left, width: selected } = plot.select;
            if (selected < 4) return;
            const from = plot.posToVal(left, 'x');
            const to = plot.posToVal(left + selected, 'x');
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            this.#model?.onZoom({ from, to });
          },
        ],
        setCursor: [(plot) => this.#showTooltip(plot)],
        draw: [
          (plot) => {
            drawMarks(plot, this.#model!.marks, this.#theme);
            if (this.#hasRightAxis) drawAxisLabels(plot, this.#axisLabels(), this.#theme);
            else drawEndLabels(plot, this.#lineEnds(plot), this.#theme);
          },
        ],
      },
    };
  }

  get #hasRightAxis(): boolean {
    return this.#lines.some(({ side }) => side === 'right');
  }

  /** CSS pixels right of the plot for the labels of the lines. */
  #endLabelSpace(): number {
    if (this.#hasRightAxis) return 0;
    const texts = this.#lines.map((line, i) => this.#endLabel(line, this.#drawn[i]!));
    return endLabelWidth(texts, this.#theme);
  }

  /** A line's newest value that is in sight, with its name where there are several. */
  #endLabel(line: ChartLine, { buckets, smoothed }: DrawnLine): string {
    const value = (smoothed ?? buckets.mean).findLast(Number.isFinite);
    if (value === undefined) return '';
    return this.#lines.length > 1 ? `${line.label} ${line.format(value)}` : line.format(value);
  }

  #axisLabels(): AxisLabel[] {
    return this.#lines.map((line, i) => ({
      side: line.side,
      text: this.#endLabel(line, this.#drawn[i]!),
      color: this.#colorOf(i),
      dash: DASHES[i % DASHES.length]!,
    }));
  }

  #lineEnds(plot: uPlot): LineEnd[] {
    return this.#lines.flatMap((line, i) => {
      const { buckets, smoothed } = this.#drawn[i]!;
      const values = smoothed ?? buckets.mean;
      const end = values.findLastIndex(Number.isFinite);
      if (end < 0) return [];
      return [
        {
          x: plot.valToPos(buckets.x[end]!, 'x', true),
          y: plot.valToPos(values[end]!, line.side, true),
          text: this.#endLabel(line, this.#drawn[i]!),
        },
      ];
    });
  }

  #keyPressed(event: KeyboardEvent): void {
    const { drawnPoints: count } = this;
    if (!this.#plot || !this.#model || count === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const x = this.#plot.data[0];
    const at = this.#plot.cursor.idx ?? x.length;
    const stride = event.shiftKey ? 10 : 1;
    const target = { ArrowLeft: at - stride, ArrowRight: at + stride, Home: 0, End: x.length - 1 }[event.key];
    const factor = { '+': 0.5, '=': 0.5, '-': 2 }[event.key];
    if (target !== undefined) {
      this.#moveCursor(Math.max(0, Math.min(x.length - 1, target)));
    } else if (factor !== undefined) {
      const middle = x[Math.min(at, x.length - 1)]!;
      const { min, max } = this.#plot.scales.x!;
      const full = fullRange(this.#lines);
      const from = Math.max(full.from, middle - (middle - min!) * factor);
      const to = Math.min(full.to, middle + (max! - middle) * factor);
      if (to > from) this.#model.onZoom(from === full.from && to === full.to ? null : { from, to });
    } else if (event.key === '0' || event.key === 'Escape') {
      this.#model.onZoom(null);
    } else {
      return;
    }
    event.preventDefault();
  }

  /** Puts the crosshair on a column of the data; null takes it away. */
  #moveCursor(index: number | null): void {
    const plot = this.#plot;
    if (!plot) return;
    const left = index === null ? -10 : plot.valToPos(plot.data[0][index]!, 'x');
    plot.setCursor({ left, top: index === null ? -10 : 10 });
  }

  #showTooltip(plot: uPlot): void {
    const container = plot.over;
    let tooltip = container.querySelector<HTMLElement>('.chart-tooltip');
    const { left, idx } = plot.cursor;
    const mine = this.matches(':hover') || this.contains(document.activeElement);
    const shown = mine && left !== undefined && left >= 0 && idx !== null && idx !== undefined;
    if (!tooltip) {
      tooltip = document.createElement('div');
      tooltip.className = 'chart-tooltip';
      tooltip.setAttribute('aria-hidden', 'true');
      container.append(tooltip);
    }
    tooltip.hidden = !shown;
    if (!shown) return;
    const x = plot.data[0][idx]!;
    const rows = this.#lines.flatMap((line, i) =>
      tooltipRow(line, this.#drawn[i]!, x, {
        color: this.#colorOf(i),
        dashed: DASHES[i % DASHES.length]!.length > 0,
      }),
    );
    render(
      html`<div class="muted">${formatX(x, this.#model!.xAxis)}${this.#marksAt(plot, x)}</div>
        ${rows.map(({ template }) => template)}`,
      tooltip,
    );
    const room = container.clientWidth;
    const { offsetWidth: width } = tooltip;
    const beside = left + 12 + width <= room ? left + 12 : left - 12 - width;
    markDrawn('recsight:crosshair');
    tooltip.style.transform = `translate(${Math.max(0, Math.min(room - width, beside))}px, 4px)`;
    const slider = this.querySelector('.plot')!;
    slider.setAttribute('aria-valuenow', String(idx));
    slider.setAttribute(
      'aria-valuetext',
      `${formatX(x, this.#model!.xAxis)}: ${rows.map(({ text }) => text).join(', ')}`,
    );
  }

  /** Names the marks within a few pixels of the crosshair. */
  #marksAt(plot: uPlot, x: number): TemplateResult[] {
    const position = plot.valToPos(x, 'x');
    return this.#model!.marks.filter((mark) => Math.abs(plot.valToPos(mark.x, 'x') - position) < 5).map(
      ({ kind }) =>
        html` ${icon({ best: 'star-full', checkpoint: 'flag', resumed: 'debug-restart' }[kind])} ${kind}`,
    );
  }
}
