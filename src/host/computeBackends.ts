import { mkdir } from 'node:fs/promises';
import * as vscode from 'vscode';
import { installGpuRuntime, type GpuRuntime } from '../process/gpuRuntime';
import { probeBackends } from '../process/probeBackends';
import { ToolError } from '../process/runTool';
import { automaticBackend, BACKEND_NAMES, type BackendReport } from '../protocol/backends';
import { backendFacts, backendLine, runtimeChoices } from './backendText';
import { errorMessage } from './errorMessage';
import {
  commandButton,
  pick,
  plainItem,
  showError,
  showInformation,
  showSuccess,
  showWarning,
  withProgress,
} from './messages';
import type { TrainerService } from './trainerService';

interface BackendItem extends vscode.QuickPickItem {
  /** What to set `recsight.backend` to; undefined for the row that installs. */
  backend?: string;
  /** What is known of it; null while it is being tried, and for `auto`. */
  report?: BackendReport | null;
}

/** Shows which compute backends work on this machine, chooses among them, and installs those that need a GPU. */
export class ComputeBackends implements vscode.Disposable {
  #installLog: vscode.OutputChannel | undefined;
  #installing = false;

  /** @param runtimePath folder for optional engines, in the extension's global storage */
  constructor(
    private readonly trainer: TrainerService,
    private readonly runtimePath: string,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  dispose(): void {
    this.#installLog?.dispose();
  }

  /** Tries every backend and lists them as they answer. Choosing one makes it the one that `auto` means here. */
  async show(): Promise<void> {
    const stop = new AbortController();
    const reports = new Map<string, BackendReport>();
    const picker = vscode.window.createQuickPick<BackendItem>();
    picker.title = 'Compute Backends';
    picker.placeholder = 'Testing each for two seconds…';
    picker.busy = true;
    picker.ignoreFocusOut = true;
    picker.keepScrollPosition = true;
    const update = () => {
      const active = picker.activeItems[0];
      picker.items = this.#items(reports).map(plainItem);
      picker.activeItems = picker.items
        .filter(
          ({ kind, backend }) => kind === undefined && active !== undefined && backend === active.backend,
        )
        .slice(0, 1);
    };
    update();
    picker.show();
    try {
      const closed = new Promise<BackendItem | null>((resolve) => {
        picker.onDidAccept(() => resolve(picker.selectedItems[0] ?? null));
        picker.onDidHide(() => resolve(null));
      });
      void this.#probe(stop.signal, (report) => {
        reports.set(report.name, report);
        update();
      })
        .catch((error: unknown) => {
          this.log.error(errorMessage(error));
        })
        .finally(() => {
          if (stop.signal.aborted) return;
          picker.busy = false;
          picker.placeholder = 'Choose the default for configs that name no backend';
        });
      const chosen = await closed;
      stop.abort();
      picker.hide();
      if (chosen !== null) await this.#accept(chosen);
    } finally {
      stop.abort();
      picker.dispose();
    }
  }

  /** Installs an optional engine, asking which without one, and tries it with a training step. */
  async install(argument?: GpuRuntime): Promise<void> {
    const runtime = argument ?? (await this.#pickRuntime());
    if (runtime === undefined) return;
    if (this.#installing) {
      void showInformation('A GPU runtime is already being installed.');
      return;
    }
    const title =
      runtimeChoices(process.platform).find((choice) => choice.runtime === runtime)?.label ?? runtime;
    const output = (this.#installLog ??= vscode.window.createOutputChannel('RecSight GPU Runtime'));
    output.clear();
    this.#installing = true;
    try {
      const report = await withProgress(
        { location: vscode.ProgressLocation.Notification, title: `Installing ${title}`, cancellable: true },
        async (onStep, token) => {
          const stop = new AbortController();
          token.onCancellationRequested(() => stop.abort());
          return installGpuRuntime(runtime, {
            ...(await this.trainer.options()),
            runtimePath: this.runtimePath,
            signal: stop.signal,
            onLine: (line) => output.appendLine(line),
            onStep,
          });
        },
      );
      output.appendLine(backendLine(report));
      const message = `${title} works: ${backendFacts(report)}.`;
      // Not awaited: the message may stay for as long as the user likes.
      void showInformation(message, commandButton('Show Compute Backends', 'recsight.showBackends'));
    } catch (error) {
      output.appendLine(errorMessage(error));
      if (error instanceof ToolError && error.code === 'tool/canceled') return;
      const message = `${title} was not installed. ${errorMessage(error).split('\n', 1)[0]!}`;
      void showError(message, { title: 'Open Log', run: () => output.show() });
    } finally {
      this.#installing = false;
    }
  }

  async #probe(signal: AbortSignal, onReport: (report: BackendReport) => void): Promise<void> {
    await mkdir(this.runtimePath, { recursive: true });
    await probeBackends({ ...(await this.trainer.options()), signal }, (report) => {
      if (signal.aborted) return;
      this.log.info(`Backend ${backendLine(report)}`);
      onReport(report);
    });
  }

  #items(reports: ReadonlyMap<string, BackendReport>): BackendItem[] {
    const preferred = vscode.workspace.getConfiguration('recsight').get<string>('backend', 'auto');
    const done = BACKEND_NAMES.every((name) => reports.has(name));
    const automatic = automaticBackend([...reports.values()]);
    const mark = (name: string, description: string) =>
      name === preferred ? `${description}${description === '' ? '' : ' · '}selected` : description;
    const items: BackendItem[] = [
      {
        label: 'auto',
        backend: 'auto',
        description: mark(
          'auto',
          done && automatic !== null ? `takes ${automatic}` : 'the fastest that works',
        ),
        iconPath: new vscode.ThemeIcon('wand'),
      },
    ];
    for (const name of BACKEND_NAMES) {
      const report = reports.get(name) ?? null;
      items.push({
        label: name,
        backend: name,
        report,
        iconPath: new vscode.ThemeIcon(
          report === null
            ? 'loading~spin'
            : report.available
              ? report.isGpu
                ? 'chip'
                : 'check'
              : 'circle-slash',
        ),
        description: mark(
          name,
          report === null ? '' : report.available ? backendFacts(report) : 'not available',
        ),
        detail: detailOf(report),
      });
    }
    items.push(
      { label: '', kind: vscode.QuickPickItemKind.Separator },
      { label: 'Install GPU Runtime…', iconPath: new vscode.ThemeIcon('cloud-download') },
    );
    return items;
  }

  async #accept({ backend, report }: BackendItem): Promise<void> {
    if (backend === undefined) {
      await this.install();
      return;
    }
    if (report?.available === false) {
      const install = commandButton('Install GPU Runtime', 'recsight.installGpuRuntime');
      const isOptional = backend === 'tensorflow' || backend === 'webgpu';
      const message = `${backend} is not available. ${report.reason ?? ''}`;
      void showWarning(message, ...(isOptional ? [install] : []));
      return;
    }
    const settings = vscode.workspace.getConfiguration('recsight');
    const inWorkspace = settings.inspect('backend')?.workspaceValue !== undefined;
    const target = inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
    await settings.update('backend', backend === 'auto' ? undefined : backend, target);
    showSuccess(`Training now uses ${backend}`);
  }

  async #pickRuntime(): Promise<GpuRuntime | undefined> {
    const picked = await pick(runtimeChoices(process.platform), {
      title: 'Install GPU Runtime',
      placeHolder: 'Choose what to install into the extension’s own storage',
      ignoreFocusOut: true,
    });
    return picked?.runtime;
  }
}

/** Never empty: a row that grows when its backend answers would move the others from under the mouse. */
function detailOf(report: BackendReport | null): string {
  if (report === null) return ' ';
  return report.available ? (report.version ?? 'Version unknown') : (report.reason ?? ' ');
}
