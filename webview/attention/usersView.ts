import { html, nothing, type TemplateResult } from 'lit';
import type { AttentionOverview, GroupReport, HeadReport } from '../../src/protocol/attention';
import { formatCount, formatMetric, formatPercent } from '../../src/series/format';
import { button, icon, numberField, segmented } from '../ui/controls';
import { progressLine } from '../ui/progress';
import { scrollArea } from '../ui/scrollArea';
import { drawCurves, type CurveChart } from '../plot/curveDrawing';
import type { PictureModel } from '../plot/picture';
import { shownCheckpoint } from '../ui/checkpoints';
import type { AttentionHandlers } from './handlers';
import type { Overview } from './resources';
import type { GroupMeasure } from './settings';
import { runOf, type AttentionState } from './state';
import './usersView.css';

/** Distances that are drawn: attention of sequential recommenders is mostly near (arXiv 2406.02048). */
const DISTANCES = 50;
const CHART_HEIGHT = 168;

const MEASURES: Record<GroupMeasure, string> = {
  entropy: 'Entropy (nats)',
  meanDistance: 'Mean distance (items back)',
  lastShare: 'Share on the newest item',
};

/** How the heads behave over many users. */
export function usersView(state: AttentionState, handlers: AttentionHandlers): TemplateResult {
  const { resources, overviewProgress } = state;
  const overview = resources.overview?.value ?? null;
  const isRunning = isAnalyzing(state);
  const views = resources.views?.value;
  if (views?.length === 0) {
    return html`<section class="empty">
      ${icon('info')}
      <h2>${runOf(state)?.model ?? 'This model'} has no attention</h2>
      <p>
        There are no heads to compare across users. The “One user” tab shows what each history item and
        feature contributed to a recommendation.
      </p>
      <p>
        ${button({ label: 'One User', primary: true, onClick: () => handlers.onSettings({ tab: 'user' }) })}
      </p>
    </section>`;
  }
  return html`
    <section class="tools" aria-label="Users to analyze">
      ${numberField({
        label: 'Users',
        title: 'Maximum number of users, sampled at random',
        min: 1,
        max: 1e7,
        value: state.settings.maxUsers,
        onChange: (maxUsers) => handlers.onSettings({ maxUsers }),
      })}
      ${numberField({
        label: 'Seed',
        title: 'Sampling seed; the same seed selects the same users',
        min: 0,
        max: 2 ** 31 - 1,
        value: state.settings.seed,
        onChange: (seed) => handlers.onSettings({ seed }),
      })}
      ${
        isRunning
          ? button({ label: 'Cancel', icon: 'debug-stop', onClick: handlers.onCancelOverview })
          : button({
              label: overview ? 'Analyze Again' : 'Analyze Users',
              icon: 'play',
              primary: true,
              title: 'Run the model on the histories of many users, without their test items',
              onClick: handlers.onOverview,
            })
      }
      ${isRunning ? progressLine(overviewProgress) : nothing}
    </section>
    ${overview ? report(state, overview, handlers) : promise(state)}
  `;
}

function isAnalyzing({ resources }: AttentionState): boolean {
  return resources.overview?.status === 'loading';
}

function promise(state: AttentionState): TemplateResult | typeof nothing {
  if (isAnalyzing(state)) return nothing;
  const part = state.resources.views?.value?.some(({ axes }) => axes.includes('slot')) ? 'slot' : 'head';
  return html`<section class="empty">
    ${icon('organization')}
    <h2>${part === 'slot' ? 'Slots' : 'Heads'} across all users</h2>
    <p>
      Shows how far back each ${part} looks, how spread out its attention is, how much it gives to the newest
      item, which ${part}s behave alike, and how this varies with history length and item popularity. Choose
      <b>Analyze Users</b>.
    </p>
  </section>`;
}

function report(
  state: AttentionState,
  { checkpoint, report: overview }: Overview,
  handlers: AttentionHandlers,
): TemplateResult {
  const { heads, numUsers, seed } = overview;
  const run = runOf(state);
  const chosen = run && shownCheckpoint(run, state.settings.checkpoint);
  const part = partOf(heads);
  return html`
    ${
      chosen === checkpoint || isAnalyzing(state)
        ? nothing
        : html`<p class="notice">
            ${icon('info')}<span
              >These numbers are from checkpoint ${checkpoint}. Choose <b>Analyze Again</b> for
              ${chosen}.</span
            >
          </p>`
    }
    <p class="muted">
      ${formatCount(numUsers)} users, sampled with seed ${seed} · histories without the test items ·
      checkpoint ${checkpoint}
    </p>
    <section aria-labelledby="distance-title">
      <h2 id="distance-title">Attention by distance</h2>
      <p class="muted">Mean weight by distance in items; 0 is the item itself. All charts share one scale.</p>
      <div class="multiples">${multiples(heads)}</div>
    </section>
    <section aria-labelledby="heads-title">
      <h2 id="heads-title">${part === 'slot' ? 'Slots' : 'Heads'}</h2>
      ${scrollArea({ labelledBy: 'heads-title', className: 'sticky-names', content: headTable(heads) })}
    </section>
    ${groupTable('By history length', 'historyLength', state, overview, handlers)}
    ${groupTable('By item popularity', 'popularity', state, overview, handlers)}
  `;
}

/** A chart for each view, with a line for each of its heads, all on the same scale. */
function multiples(heads: readonly HeadReport[]): TemplateResult[] {
  const views = [...new Set(heads.map(({ view }) => view))];
  const near = heads.map(({ byDistance }) => byDistance.slice(0, DISTANCES));
  const high = Math.max(0.01, ...near.flatMap((values) => [...values]));
  return views.map((name) => {
    const own = heads.map((head, index) => ({ head, index })).filter(({ head }) => head.view === name);
    const longest = Math.max(...own.map(({ index }) => near[index]!.length));
    const chart: CurveChart = {
      curves: own.map(({ head, index }) => ({
        label:
          head.part === null
            ? `group ${clusterName(head.cluster)}`
            : `${head.part} ${head.head + 1} · ${clusterName(head.cluster)}`,
        values: near[index]!,
        series: head.head,
      })),
      low: 0,
      high,
      xLabel: 'items back',
      ends: ['0', String(longest - 1)],
      focus: null,
      labelRoom: 96,
    };
    const title = own[0]!.head.viewLabel;
    return html`<figure>
      <figcaption>${title}</figcaption>
      ${picture({
        label: `Attention by distance, ${title}. The table below lists the values of each head.`,
        height: CHART_HEIGHT,
        draw: (painter, colors, width) => drawCurves(painter, colors, chart, width, CHART_HEIGHT),
      })}
    </figure>`;
  });
}

function picture(model: PictureModel): TemplateResult {
  return html`<recsight-picture .model=${model}></recsight-picture>`;
}

/** A letter: numbers would look like those of heads. */
function clusterName(cluster: number): string {
  return cluster < 26 ? String.fromCharCode(65 + cluster) : String(cluster + 1);
}

/** What the rows of tables are: the slots of a memory count as heads. */
function partOf(heads: readonly HeadReport[]): 'head' | 'slot' {
  return heads.some(({ part }) => part === 'slot') ? 'slot' : 'head';
}

function headTable(heads: readonly HeadReport[]): TemplateResult {
  const part = partOf(heads);
  const farthest = Math.max(1e-9, ...heads.map(({ meanDistance }) => meanDistance));
  return html`<table class="heads">
    <thead>
      <tr>
        <th scope="col">${part}</th>
        <th scope="col" title=${`${part === 'slot' ? 'Slots' : 'Heads'} with the same letter behave alike`}>
          group
        </th>
        <th scope="col" title="Mean entropy of a row; 0 means all attention on one item">entropy (nats)</th>
        <th scope="col" title="Share of the maximum entropy (uniform weights)">of maximum</th>
        <th scope="col">mean distance (items)</th>
        <th scope="col" title="Mean weight that the last row gives to the newest item">on newest item</th>
      </tr>
    </thead>
    <tbody>
      ${heads.map(
        ({ label, cluster, entropy, relativeEntropy, meanDistance, lastShare }) =>
          html`<tr>
            <th scope="row">${label}</th>
            <td><span class="badge">${clusterName(cluster)}</span></td>
            <td class="number">${formatMetric(entropy)}</td>
            <td class="number meter" .style=${`--share: ${relativeEntropy}`}>
              ${formatPercent(relativeEntropy)}
            </td>
            <td class="number meter" .style=${`--share: ${meanDistance / farthest}`}>
              ${formatMetric(meanDistance)}
            </td>
            <td class="number meter" .style=${`--share: ${lastShare}`}>${formatMetric(lastShare)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function groupTable(
  title: string,
  of: GroupReport['of'],
  { settings }: AttentionState,
  { groups, heads }: AttentionOverview,
  handlers: AttentionHandlers,
): TemplateResult | typeof nothing {
  const own = groups.filter((group) => group.of === of);
  if (own.length === 0) return nothing;
  const { measure } = settings;
  const largest = Math.max(1e-9, ...own.flatMap((group) => [...group[measure]]));
  return html`<section aria-labelledby=${`${of}-title`}>
    <header class="tools group-tools">
      <h2 id=${`${of}-title`}>${title}</h2>
      ${segmented({
        label: `Measure ${title.toLowerCase()}`,
        choices: [
          { value: 'entropy', label: 'entropy' },
          { value: 'meanDistance', label: 'distance' },
          { value: 'lastShare', label: 'newest' },
        ],
        value: measure,
        onChange: (chosen) => handlers.onSettings({ measure: chosen }),
      })}
      <span class="muted">${MEASURES[measure]}</span>
    </header>
    ${scrollArea({
      labelledBy: `${of}-title`,
      className: 'sticky-names',
      content: html`<table class="heads groups">
        <thead>
          <tr>
            <th scope="col">${partOf(heads)}</th>
            ${own.map(
              (group) =>
                html`<th scope="col">
                  ${group.label}<br /><span class="number">${formatCount(group.numUsers)} users</span>
                </th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${heads.map(
            ({ label }, index) =>
              html`<tr>
                <th scope="row">${label}</th>
                ${own.map((group) => {
                  const value = group[measure][index] ?? NaN;
                  return html`<td class="number meter" .style=${`--share: ${value / largest}`}>
                    ${formatMetric(value)}
                  </td>`;
                })}
              </tr>`,
          )}
        </tbody>
      </table>`,
    })}
  </section>`;
}
