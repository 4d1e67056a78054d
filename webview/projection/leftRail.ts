import { html, nothing, type TemplateResult } from 'lit';
import type { TaskProgress } from '../../src/protocol/inspection';
import { percent } from '../../src/protocol/percent';
import { formatCount, formatMoment } from '../../src/series/format';
import {
  button,
  checkbox,
  dropdown,
  icon,
  iconButton,
  numberField,
  searchField,
  segmented,
  slider,
} from '../ui/controls';
import { messageContent } from '../ui/messageContent';
import type { ProjectionHandlers } from './handlers';
import { legend } from './legend';
import type { SceneLook } from './mapModels';
import { colorName, umapQualityText } from './projectionText';
import { current, shownTable } from './resources';
import { DEFAULT_UMAP, OWN_COLORS, type UmapSettings } from './settings';
import { isUmapRunning, pointOfRow, rowOfItem, tableOf, type ProjectionState } from './state';

/** Choices of how many points are drawn, as far as the table has so many. */
const POINT_COUNTS = [2_000, 20_000, 100_000, 1_000_000];
/** Bars of explained variance. */
const MAX_BARS = 16;
const MAX_FOUND = 50;

/** What is drawn and how: table, layout, colour, search. */
export function leftRail(
  state: ProjectionState,
  look: SceneLook | null,
  handlers: ProjectionHandlers,
): TemplateResult {
  return html`<aside class="rail left" aria-label="What is drawn">
    ${tableSection(state, handlers)} ${layoutSection(state, handlers)} ${colorSection(state, look, handlers)}
    ${searchSection(state, look, handlers)} ${userSection(state, handlers)}
    ${bookmarkSection(state, handlers)}
  </aside>`;
}

function section(title: string, content: unknown, aside: unknown = nothing): TemplateResult {
  return html`<section class="rail-section" aria-label=${title}>
    <h2>${title}${aside}</h2>
    ${content}
  </section>`;
}

function tableSection(state: ProjectionState, { onSettings }: ProjectionHandlers): TemplateResult {
  const { settings, resources } = state;
  const tables = resources.tables?.value ?? [];
  const table = tableOf(state);
  const shown = shownTable(state);
  const counts = POINT_COUNTS.filter((count) => table && count < table.numRows);
  return section(
    'Table',
    html`${
      tables.length === 0 || shown === null
        ? html`<p class="muted placeholder">loading</p>`
        : dropdown({
            label: 'Table',
            choices: tables.map(({ name, label, numRows, width }) => ({
              value: name,
              label: `${label} · ${formatCount(numRows)} × ${width}`,
            })),
            value: shown,
            onChange: (name) => onSettings({ table: name }),
          })
    }
    ${
      table?.maxPosition
        ? slider({
            label: 'position',
            title: 'Of the state in the history: 0 is after the newest item',
            min: 0,
            max: table.maxPosition,
            step: 1,
            value: settings.position,
            format: String,
            onChange: (position) => onSettings({ position }),
          })
        : nothing
    }
    ${
      counts.length > 0
        ? dropdown({
            label: 'Points that are drawn',
            choices: [
              ...counts.map((count) => ({ value: String(count), label: `${formatCount(count)} points` })),
              { value: String(10_000_000), label: `all ${formatCount(table!.numRows)} points` },
            ],
            value: String(counts.includes(settings.maxPoints) ? settings.maxPoints : 10_000_000),
            onChange: (count) => onSettings({ maxPoints: Number(count) }),
          })
        : nothing
    }`,
    iconButton(
      'info',
      'Statistics of the table (S)',
      () => onSettings({ tab: settings.tab === 'statistics' ? null : 'statistics' }),
      settings.tab === 'statistics',
    ),
  );
}

function layoutSection(state: ProjectionState, handlers: ProjectionHandlers): TemplateResult {
  const { settings } = state;
  const { onSettings } = handlers;
  return section(
    'Layout',
    html`<div class="row">
        ${segmented({
          label: 'Method',
          choices: [
            { value: 'pca', label: 'PCA' },
            { value: 'umap', label: 'UMAP' },
          ],
          value: settings.method,
          onChange: (method) => onSettings({ method }),
        })}
        ${segmented({
          label: 'Dimensions',
          choices: [
            { value: '2', label: '2D' },
            { value: '3', label: '3D' },
          ],
          value: String(settings.dimensions) as '2' | '3',
          onChange: (dimensions) => onSettings({ dimensions: dimensions === '2' ? 2 : 3 }),
        })}
      </div>
      ${
        settings.second !== null && settings.method === 'umap'
          ? html`<p class="muted">A comparison is drawn by PCA of the first table.</p>`
          : nothing
      }
      ${settings.method === 'pca' ? pcaControls(state, handlers) : umapControls(state, handlers)}`,
  );
}

function pcaControls(
  { settings, resources }: ProjectionState,
  { onSettings }: ProjectionHandlers,
): TemplateResult {
  const explained = resources.pca?.value?.explained ?? new Float32Array(0);
  const highest = explained[0] ?? 1;
  const shown = settings.components.slice(0, settings.dimensions);
  return html`<div
      class="bars"
      role="img"
      aria-label=${`Share of the variance: ${[...explained.slice(0, 3)].map((share, i) => `component ${i + 1} ${percent(share)}`).join(', ')}`}
    >
      ${Array.from({ length: Math.min(MAX_BARS, Math.max(explained.length, 8)) }, (_, component) => {
        const share = explained[component] ?? 0;
        return html`<span
          class=${shown.includes(component) ? 'bar shown' : 'bar'}
          title=${`Component ${component + 1}: ${percent(share)} of the variance`}
          ><i .style=${`height: ${highest > 0 ? Math.max(2, (100 * share) / highest) : 2}%`}></i
        ></span>`;
      })}
    </div>
    <div class="components">
      ${shown.map((component, axis) =>
        numberField({
          label: ['x', 'y', 'z'][axis]!,
          title: `Component along ${['x', 'y', 'z'][axis]!}${explained[component] === undefined ? '' : `: ${percent(explained[component])} of the variance`}`,
          min: 1,
          max: Math.max(explained.length, settings.dimensions),
          value: component + 1,
          onChange: (value) =>
            onSettings({ components: withComponent(settings.components, axis, value - 1) }),
        }),
      )}
    </div>`;
}

/** A component is on one axis only: the one that had it takes what this axis had. */
function withComponent(components: readonly number[], axis: number, component: number): number[] {
  const changed = [...components];
  const other = changed.indexOf(component);
  if (other >= 0) changed[other] = changed[axis]!;
  changed[axis] = component;
  return changed;
}

function umapControls(state: ProjectionState, handlers: ProjectionHandlers): TemplateResult {
  const { settings, draft, resources, progress } = state;
  const { onDraft, onSettings } = handlers;
  const running = isUmapRunning(state);
  const result = current(resources.umap);
  const failed = resources.umap?.status === 'failed' ? resources.umap.error : null;
  const cancelled = failed?.code === 'inspection/cancelled';
  const changed = (Object.keys(DEFAULT_UMAP) as (keyof UmapSettings)[]).some(
    (name) => draft[name] !== settings.umap[name],
  );
  return html`<div class="fields">
      ${numberField({
        label: 'neighbours',
        title: 'Small shows detail, large the whole',
        min: 2,
        max: 200,
        value: draft.numNeighbors,
        onChange: (numNeighbors) => onDraft({ numNeighbors }),
      })}
      ${numberField({
        label: 'minimum distance',
        title: 'How close points may lie together',
        min: 0,
        max: 1,
        step: 0.05,
        value: draft.minDistance,
        onChange: (minDistance) => onDraft({ minDistance }),
      })}
      ${numberField({
        label: 'seed',
        min: 0,
        max: 4_294_967_295,
        value: draft.seed,
        onChange: (seed) => onDraft({ seed }),
      })}
      ${segmented({
        label: 'UMAP metric',
        choices: [
          { value: 'cosine', label: 'cosine' },
          { value: 'euclidean', label: 'Euclidean' },
        ],
        value: draft.metric,
        onChange: (metric) => onDraft({ metric }),
      })}
    </div>
    ${
      running
        ? work('UMAP', progress[resources.umap!.key], handlers.onCancelUmap)
        : html`${
            failed
              ? html`<p class="muted" role="status">
                  ${cancelled ? 'UMAP was cancelled; PCA is shown.' : html`${icon('error')} ${messageContent(failed.message)}`}
                </p>`
              : result
                ? html`<p class="muted">${umapQualityText(result)}</p>`
                : nothing
          }
          ${
            changed || failed
              ? button({
                  label: 'Run UMAP',
                  icon: 'play',
                  primary: true,
                  onClick: () => (failed && !changed ? handlers.onRetry() : onSettings({ umap: draft })),
                })
              : nothing
          }`
    }`;
}

/** How far long work has got, with a way to end it. */
function work(name: string, progress: TaskProgress | undefined, onCancel: () => void): TemplateResult {
  const { phase, done, of } = progress ?? { phase: 'Starting', done: 0, of: 0 };
  return html`<div class="work">
    <p class="row">
      <span>${phase}</span>
      <span class="number muted">${of > 0 ? `${formatCount(done)}/${formatCount(of)}` : ''}</span>
    </p>
    <progress max="1" .value=${of > 0 ? done / of : 0} aria-label=${`Progress of ${name}`}></progress>
    ${button({ label: 'Cancel', onClick: onCancel })}
  </div>`;
}

function colorSection(
  state: ProjectionState,
  look: SceneLook | null,
  { onSettings, onCancelCounting, onRetry }: ProjectionHandlers,
): TemplateResult {
  const { settings, scene, resources, progress } = state;
  const items = tableOf(state)?.rows === 'items';
  const names = [
    ...(scene?.points.columns.map(({ name }) => name) ?? []),
    ...(items ? [OWN_COLORS.recommended] : []),
    OWN_COLORS.cluster,
    ...(settings.second === null ? [] : [OWN_COLORS.moved, OWN_COLORS.overlap]),
    OWN_COLORS.none,
  ];
  const value = names.includes(settings.color) ? settings.color : OWN_COLORS.none;
  const computed = {
    [OWN_COLORS.recommended]: resources.recommended,
    [OWN_COLORS.cluster]: resources.clusters,
  }[value];
  const failed = computed?.status === 'failed' ? computed : null;
  return section(
    'Colour',
    html`${dropdown({
        label: 'Colour by',
        choices: names.map((name) => ({ value: name, label: colorName(name) })),
        value,
        onChange: (color) => onSettings({ color }),
      })}
      ${
        value === OWN_COLORS.cluster
          ? slider({
              label: 'k',
              title: 'Clusters that k-means looks for',
              min: 2,
              max: 20,
              step: 1,
              value: settings.clusters,
              format: String,
              onChange: (clusters) => onSettings({ clusters }),
            })
          : nothing
      }
      ${
        value === OWN_COLORS.recommended && resources.recommended?.status === 'loading'
          ? work('counting recommendations', progress[resources.recommended.key], onCancelCounting)
          : nothing
      }
      ${
        failed
          ? html`<p class="muted" role="status">${messageContent(failed.error?.message ?? '')}</p>
              ${button({ label: 'Try Again', icon: 'refresh', onClick: onRetry })}`
          : nothing
      }
      ${look ? legend(look, settings.raised, (raised) => onSettings({ raised })) : nothing}
      <div class="row toggles">
        ${checkbox({
          label: 'labels',
          title: 'Names of the points that are known best (T)',
          checked: settings.labels,
          onChange: (labels) => onSettings({ labels }),
        })}
        ${checkbox({
          label: 'density',
          title: settings.dimensions === 3 ? 'Contours are for two dimensions' : 'Lines of equal density (D)',
          checked: settings.contours,
          disabled: settings.dimensions === 3,
          onChange: (contours) => onSettings({ contours }),
        })}
      </div>`,
  );
}

function searchSection(
  state: ProjectionState,
  look: SceneLook | null,
  { onSearch, onPickFirstFound, onPick, onHover, onSelectPoints }: ProjectionHandlers,
): TemplateResult {
  const { settings, scene, foundItems } = state;
  const found = look?.found ?? null;
  const count = found?.points.length ?? 0;
  const elsewhere = scene
    ? foundItems.filter(({ item }) => {
        const row = rowOfItem(state, item);
        return row !== null && pointOfRow(scene.points, row) === null;
      })
    : [];
  const pickFirst = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') onPickFirstFound();
  };
  return section(
    'Search',
    html`${searchField({
      label: 'Search points',
      placeholder: 'title, id or /expression/',
      title: 'Press / to come here',
      value: settings.query,
      onInput: onSearch,
      onKey: pickFirst,
    })}
    ${
      settings.query.trim() === ''
        ? nothing
        : html`<p class="muted row" role="status">
              <span
                >${found?.problem ? `no expression: ${found.problem}` : `${formatCount(count)} ${count === 1 ? 'point' : 'points'}`}</span
              >
              ${
                count > 1
                  ? iconButton('list-selection', 'Select all that were found', () =>
                      onSelectPoints(found!.points, false),
                    )
                  : nothing
              }
            </p>
            <ul class="found">
              ${[...(found?.points.slice(0, MAX_FOUND) ?? [])].map((point) => {
                const row = scene!.points.rows[point]!;
                return html`<li>
                  <button
                    type="button"
                    class="list-row"
                    aria-current=${row === settings.focus ? 'true' : nothing}
                    @click=${() => onPick(row, false)}
                    @pointerenter=${() => onHover(point)}
                    @pointerleave=${() => onHover(null)}
                    @focus=${() => onHover(point)}
                    @blur=${() => onHover(null)}
                  >
                    <span class="label">${scene!.points.labels[point]!}</span>
                  </button>
                </li>`;
              })}
              ${elsewhere.map(
                ({ item, title }) =>
                  html`<li>
                    <button
                      type="button"
                      class="list-row"
                      title="Not among the points that are drawn"
                      @click=${() => onPick(item - 1, false)}
                    >
                      <span class="label">${title}</span><span class="muted">not drawn</span>
                    </button>
                  </li>`,
              )}
            </ul>`
    }`,
  );
}

function userSection(
  { userQuery, foundUsers, settings, resources }: ProjectionState,
  { onFindUsers, onSettings }: ProjectionHandlers,
): TemplateResult {
  const path = settings.user === null ? null : current(resources.path);
  return section(
    'User',
    html`${searchField({
      label: 'Find a user',
      placeholder: 'id of a user',
      title: 'Press U to come here: draws a history and what is recommended after it',
      value: userQuery,
      onInput: onFindUsers,
    })}
    ${
      path
        ? html`<p class="row">
            <button type="button" class="link" @click=${() => onSettings({ tab: 'user' })}>
              ${path.user.id}
            </button>
            ${iconButton('close', 'Take the path away', () => onSettings({ user: null, tab: null }))}
          </p>`
        : nothing
    }
    ${
      userQuery === '' || foundUsers.length === 0
        ? nothing
        : html`<ul class="found">
            ${foundUsers.map(
              ({ user, id, historyLength }) =>
                html`<li>
                  <button
                    type="button"
                    class="list-row"
                    aria-current=${user === settings.user ? 'true' : nothing}
                    @click=${() => onSettings({ user, tab: 'user' })}
                  >
                    <span class="label">${id}</span>
                    <span class="number muted">${formatCount(historyLength)} items</span>
                  </button>
                </li>`,
            )}
          </ul>`
    }`,
  );
}

function bookmarkSection(
  { resources }: ProjectionState,
  { onSaveBookmark, onOpenBookmark, onDeleteBookmark }: ProjectionHandlers,
): TemplateResult {
  const bookmarks = resources.bookmarks?.value ?? [];
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    const input = (event.currentTarget as HTMLFormElement).querySelector('input')!;
    if (input.value.trim() === '') return;
    onSaveBookmark(input.value.trim());
    input.value = '';
  };
  return section(
    'Bookmarks',
    html`<form class="row" @submit=${save}>
        <input
          class="field grow"
          aria-label="Name of the bookmark"
          placeholder="name of this view"
          maxlength="80"
        />
        <button type="submit" class="icon-button" aria-label="Save Bookmark" title="Save Bookmark">
          ${icon('bookmark')}
        </button>
      </form>
      <ul class="found">
        ${bookmarks.map(
          ({ name, createdAt, state }) =>
            html`<li class="row">
              <button
                type="button"
                class="list-row"
                title=${`Saved ${formatMoment(createdAt)}`}
                @click=${() => onOpenBookmark(state)}
              >
                <span class="label">${name}</span>
              </button>
              ${iconButton('trash', `Delete ${name}`, () => onDeleteBookmark(name))}
            </li>`,
        )}
      </ul>`,
  );
}
