import * as vscode from 'vscode';
import { registerCommands } from './commands';
import { ComputeBackends } from './computeBackends';
import { ConfigCatalog } from './configCatalog';
import { ConfigCompletion } from './configCompletion';
import { ConfigDiagnostics } from './configDiagnostics';
import { ConfigLenses } from './configLenses';
import { ContextKeys } from './contextKeys';
import { DataChecks } from './dataChecks';
import { EndNotices } from './endNotices';
import { InspectionPanels } from './inspectionPanels';
import { KeepOpen } from './keepOpen';
import { livePanelKind } from './livePanel';
import { RunCatalog } from './runCatalog';
import { RunConfigs } from './runConfigs';
import { RunPanels } from './runPanels';
import { RunTree } from './runTree';
import { StatusBar } from './statusBar';
import { TrainerService } from './trainerService';

/**
 * Builds the extension, in reading order. Trainers that run already are simply seen: what the window shows comes from
 * the run directories alone.
 */
export function activate(context: vscode.ExtensionContext): void {
  const { extensionUri, globalStorageUri, subscriptions, workspaceState } = context;
  const log = vscode.window.createOutputChannel('RecSight', { log: true });
  const trainerPath = vscode.Uri.joinPath(extensionUri, 'dist', 'trainer.js').fsPath;
  const runtimePath = vscode.Uri.joinPath(globalStorageUri, 'runtime').fsPath;

  const configs = new ConfigCatalog(log);
  const runs = new RunCatalog(log);
  const runConfigs = new RunConfigs(runs);
  const trainer = new TrainerService(trainerPath, runtimePath, runs, log);
  // Which Node.js there is takes a moment to find out, and is then known when something is opened or trained.
  if (vscode.workspace.isTrusted) trainer.options().catch(() => undefined);
  const dataChecks = new DataChecks(trainer, log);
  const diagnostics = new ConfigDiagnostics(dataChecks);
  const completion = new ConfigCompletion(dataChecks);
  const backends = new ComputeBackends(trainer, runtimePath, log);
  const shared = { extensionUri, runs, trainer, log, memory: workspaceState };
  const inspection = new InspectionPanels(shared);
  const openView = inspection.open.bind(inspection);
  const panels = new RunPanels(livePanelKind({ ...shared, configs: runConfigs, openView }), shared);
  const tree = new RunTree(runs, runConfigs);
  const lenses = new ConfigLenses(runs);
  const statusBar = new StatusBar(runs, panels);
  const endNotices = new EndNotices(runs, panels, trainer);
  const contextKeys = new ContextKeys(runs, configs, panels.onDidOpen);
  const keepOpen = new KeepOpen([panels, ...inspection.panels]);
  const commands = registerCommands({
    backends,
    configs,
    diagnostics,
    inspection,
    panels,
    runs,
    trainer,
    tree,
    log,
  });

  // Disposed from last to first.
  subscriptions.push(
    log,
    configs,
    dataChecks,
    diagnostics,
    completion,
    runs,
    backends,
    inspection,
    panels,
    tree,
    lenses,
    statusBar,
    endNotices,
    contextKeys,
    keepOpen,
    commands,
  );
}
