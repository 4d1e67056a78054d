import { html, nothing, type TemplateResult } from 'lit';
import { interactionsText } from '../../src/protocol/dataSize';
import { refitText, type RunSummary } from '../../src/protocol/run';
import { isUnset, usualName, type RunSetting, type RunSettings } from '../../src/protocol/runSettings';
import { formatBytes, formatCount, formatDuration } from '../../src/series/format';
import { icon } from '../ui/controls';
import { messageContent } from '../ui/messageContent';
import type { LiveHandlers } from './handlers';
import './details.css';

/** What one needs to know to repeat the run, with all of its settings. */
export function details(
  { manifest, directory }: RunSummary,
  settings: RunSettings | null,
  { onDetails }: Pick<LiveHandlers, 'onDetails'>,
): TemplateResult {
  const { git, dataset, memory, timings } = manifest;
  const rows: [string, string | null][] = [
    ['run', directory],
    ['config', manifest.configPath],
    ['model', manifest.model],
    ['seed', String(manifest.seed)],
    ['refit', manifest.refitOf === undefined ? null : refitText(manifest.refitOf)],
    ['data', dataset && `${interactionsText(dataset)}, fingerprint ${dataset.fingerprint.slice(0, 12)}`],
    ['commit', git && `${git.commit.slice(0, 12)}${git.dirty ? ' with uncommitted changes' : ''}`],
    [
      'backend',
      manifest.backend &&
        `${manifest.backend.name} (${manifest.backend.version}) on ${manifest.backend.device}`,
    ],
    [
      'memory',
      memory === undefined
        ? null
        : `about ${formatBytes(memory.total)} (${formatBytes(memory.activations)} activations), ` +
          `${formatBytes(memory.available)} were free`,
    ],
    [
      'time',
      `${formatDuration(timings.prepare * 1000)} preparing, ${formatDuration(timings.train * 1000)} training, ` +
        `${formatDuration(timings.evaluate * 1000)} evaluating`,
    ],
    [
      'versions',
      Object.entries(manifest.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', ') || null,
    ],
  ];
  return html`<details
    class="details"
    @toggle=${({ target }: Event) => {
      if ((target as HTMLDetailsElement).open) onDetails();
    }}
  >
    <summary>Details</summary>
    <dl>
      ${rows.map(([name, value]) =>
        value === null
          ? nothing
          : html`<dt class="muted">${name}</dt>
              <dd>${value}</dd>`,
      )}
    </dl>
    ${settings === null ? nothing : settingsTable(settings)}
  </details>`;
}

/** Every setting: first those that stand out, beside what is usual. */
function settingsTable({ settings, usual, unreadable }: RunSettings): TemplateResult {
  const special = settings.filter(({ differs }) => differs);
  const others = settings.filter(({ differs }) => !differs);
  const number =
    special.length === 0 ? 'None differ' : special.length === 1 ? '1 differs' : `${special.length} differ`;
  const from =
    usual.of === 'runs'
      ? `most of the ${formatCount(usual.numRuns)} runs with this name`
      : 'RecSight’s defaults; no other run has this name';
  return html`<section class="settings" aria-labelledby="settings-title">
    <header>
      <h2 id="settings-title">Settings</h2>
      <span class="muted">
        ${unreadable === undefined ? `${number} from ${from}.` : html`The run’s config cannot be read: ${messageContent(unreadable)}`}
      </span>
    </header>
    ${
      settings.length === 0
        ? nothing
        : html`<table aria-labelledby="settings-title">
            <thead>
              <tr>
                <th scope="col">setting</th>
                <th scope="col">this run</th>
                <th scope="col">${usualName(usual)}</th>
              </tr>
            </thead>
            <tbody>
              ${[...special, ...others].map(settingRow)}
            </tbody>
          </table>`
    }
  </section>`;
}

/** What is usual is said only where it is something else. */
function settingRow({ path, value, usual, differs }: RunSetting): TemplateResult {
  const text = (setting: string | null) =>
    isUnset(setting) ? html`<span class="muted">not set</span>` : setting;
  return html`<tr class=${differs ? 'differs' : ''}>
    <th scope="row">${differs ? icon('circle-filled', 'differs') : nothing}${path}</th>
    ${
      differs
        ? html`<td><b>${text(value)}</b></td>
            <td class="muted">${text(usual)}</td>`
        : html`<td colspan="2">${text(value)}</td>`
    }
  </tr>`;
}
