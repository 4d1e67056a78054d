import * as vscode from 'vscode';
import { registerCommands } from './commands';
import { ComputeBackends } from './computeBackends';
import { CodeDiagnostics } from './codeDiagnostics';
import { CodeFiles } from './codeFiles';
import { ConfigCatalog } from './configCatalog';
import { ConfigCompletion } from './configCompletion';
import { ConfigDiagnostics } from './configDiagnostics';
import { ConfigLenses } from './configLenses';
import { ContextKeys } from './contextKeys';
import { DataChecks } from './dataChecks';
import { EndNotices } from './endNotices';
import { ModelLenses } from './modelLenses';
import { ModelTypes } from './modelTypes';
import { livePanel } from './panels/livePanel';
import { OpenPanels } from './panels/openPanels';
import { OwnOptions } from './ownOptions';
import { RunCatalog } from './runCatalog';
import { RunConfigs } from './runConfigs';
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
  const userCodeAssets = vscode.Uri.joinPath(extensionUri, 'dist', 'userCode').fsPath;

  const configs = new ConfigCatalog(log);
  const runs = new RunCatalog(log);
  const runConfigs = new RunConfigs(runs);
  const trainer = new TrainerService(trainerPath, runtimePath, runs, log);
  // Which Node.js there is takes a moment to find out, and is then known when something is opened or trained.
  if (vscode.workspace.isTrusted) trainer.options().catch(() => undefined);
  const dataChecks = new DataChecks(trainer, log);
  const code = new CodeFiles();
  const codeDiagnostics = new CodeDiagnostics(runs);
  const diagnostics = new ConfigDiagnostics(dataChecks, code);
  const completion = new ConfigCompletion(dataChecks);
  const ownOptions = new OwnOptions(code);
  const modelTypes = new ModelTypes(userCodeAssets, log);
  const backends = new ComputeBackends(trainer, runtimePath, log);
  const panels = new OpenPanels({
    ...{ extensionUri, runs, configs: runConfigs, trainer, log },
    memory: workspaceState,
  });
  const livePanels = panels.of(livePanel.id);
  const tree = new RunTree(runs, runConfigs);
  const lenses = new ConfigLenses(runs);
  const modelLenses = new ModelLenses();
  const statusBar = new StatusBar(runs, livePanels);
  const endNotices = new EndNotices(runs, livePanels, trainer);
  const contextKeys = new ContextKeys(runs, configs, livePanels.onDidOpen);
  const commands = registerCommands({
    backends,
    configs,
    diagnostics,
    panels,
    runs,
    trainer,
    tree,
    userCodeAssets,
    log,
  });

  // Disposed from last to first.
  subscriptions.push(
    log,
    configs,
    dataChecks,
    code,
    codeDiagnostics,
    diagnostics,
    completion,
    ownOptions,
    modelTypes,
    runs,
    backends,
    panels,
    tree,
    lenses,
    modelLenses,
    statusBar,
    endNotices,
    contextKeys,
    commands,
  );
}
