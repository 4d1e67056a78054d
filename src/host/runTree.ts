import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import type { RunSummary } from '../protocol/run';
import { hover } from './messages';
import { contextValueOf } from '../protocol/runAbilities';
import type { RunCatalog, RunChange } from './runCatalog';
import type { RunConfigs } from './runConfigs';
import { otherPlacesText } from './runText';
import { distinctStarts } from './runTitles';
import { runTooltip } from './runTooltip';
import {
  bestRuns,
  groupRow,
  groupRuns,
  measuredApart,
  runRow,
  type RunGroup,
  type RunRow,
} from './runTreeModel';
import { plainText } from './safeText';

const PAGE_SIZE = 100;
const MINUTE = 60_000;

interface GroupNode {
  kind: 'group';
  group: RunGroup;
  /** Directories of the best runs, marked by a star. */
  best: Set<string>;
  /** Not all of its runs can be compared. */
  apart: boolean;
  /** How many runs are listed before “Show more”. */
  limit: number;
  row: RunRow;
}
export interface RunNode {
  kind: 'run';
  directory: string;
  group: GroupNode;
  /** What tells this run from the others of its group: its settings, and when it began. */
  settings: string;
  start: string;
}
interface MoreNode {
  kind: 'more';
  group: GroupNode;
}
type Node = GroupNode | RunNode | MoreNode;

/** The list of runs in the side bar: groups by name, newest first. */
export class RunTree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly #changes = new vscode.EventEmitter<Node | undefined>();
  readonly #view: vscode.TreeView<Node>;
  readonly #disposables: { dispose(): unknown }[];
  readonly #nodes = new Map<string, RunNode>();
  #groups: GroupNode[] = [];
  #dayTimer: NodeJS.Timeout | null = null;

  readonly onDidChangeTreeData = this.#changes.event;

  constructor(
    private readonly runs: RunCatalog,
    private readonly configs: RunConfigs,
  ) {
    this.#view = vscode.window.createTreeView('recsight.runs', {
      treeDataProvider: this,
      showCollapseAll: true,
      canSelectMany: true,
    });
    this.#disposables = [
      this.#changes,
      this.#view,
      this.#view.onDidChangeVisibility(({ visible }) => this.#followDays(visible)),
      runs.onDidReset(() => this.#rebuild()),
      runs.onDidChange((change) => this.#runChanged(change)),
      vscode.commands.registerCommand('recsight.showMoreRuns', (node: MoreNode) => {
        node.group.limit += PAGE_SIZE;
        this.#changes.fire(node.group);
      }),
    ];
    this.#followDays(this.#view.visible);
  }

  /** Directory of the selected run, for commands that come from a key; undefined where several are selected. */
  get selectedRun(): string | undefined {
    return this.#view.selection.length === 1 ? this.selectedRuns[0] : undefined;
  }

  /** Directories of all selected runs. */
  get selectedRuns(): string[] {
    return this.#view.selection.flatMap((node) => (node.kind === 'run' ? [node.directory] : []));
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (!node) {
      await this.runs.loaded;
      return this.#groups;
    }
    return node.kind === 'group' ? this.#runsOf(node) : [];
  }

  getParent(node: Node): Node | undefined {
    return node.kind === 'group' ? undefined : node.group;
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.kind) {
      case 'group':
        return this.#groupItem(node);
      case 'run':
        return this.#runItem(node);
      case 'more':
        return moreItem(node);
    }
  }

  /** Hovers are made when they are looked at. */
  async resolveTreeItem(item: vscode.TreeItem, node: Node): Promise<vscode.TreeItem> {
    const run = node.kind === 'run' ? this.runs.get(node.directory) : undefined;
    if (!run) return item;
    const settings = await this.configs.settingsOf(run);
    item.tooltip = hover(runTooltip(run, this.runs.titleOf(run), settings, Date.now()));
    return item;
  }

  dispose(): void {
    this.#followDays(false);
    vscode.Disposable.from(...this.#disposables).dispose();
  }

  async #runsOf(groupNode: GroupNode): Promise<Node[]> {
    const listed = groupNode.group.runs.slice(0, groupNode.limit);
    const settings = await this.configs.distinguish(listed, groupNode.group.runs);
    const namesakes = this.runs.runs.filter(({ manifest }) => manifest.name === groupNode.group.name);
    const starts = distinctStarts(namesakes, Date.now());
    const nodes: Node[] = listed.map(({ directory }, index) => {
      const telling = { settings: settings[index]!, start: starts.get(directory) ?? '' };
      const node: RunNode = { kind: 'run', directory, group: groupNode, ...telling };
      this.#nodes.set(directory, node);
      return node;
    });
    if (listed.length < groupNode.group.runs.length) nodes.push({ kind: 'more', group: groupNode });
    return nodes;
  }

  #groupItem({ group, row }: GroupNode): vscode.TreeItem {
    const isFirst = this.#groups[0]?.group.id === group.id;
    const item = new vscode.TreeItem(
      plainText(row.label),
      isFirst ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed,
    );
    item.id = group.id;
    item.contextValue = 'group';
    item.tooltip = plainText(row.spoken);
    showRow(item, row);
    return item;
  }

  #runItem({ directory, group, settings, start }: RunNode): vscode.TreeItem {
    const run = this.runs.get(directory);
    // Gone since the list was made; the change that removes the row is on its way.
    if (!run) return new vscode.TreeItem('');
    const row = runRow(run, { settings, start }, { best: group.best.has(directory), apart: group.apart });
    const item = new vscode.TreeItem(plainText(row.label));
    item.id = directory;
    item.contextValue = contextValueOf(run);
    showRow(item, row);
    item.command = { command: 'recsight.openRun', title: 'Open Run', arguments: [directory] };
    return item;
  }

  #runChanged({ directory, before, after }: RunChange): void {
    const node = this.#nodes.get(directory);
    const groupNode = this.#groups.find(({ group }) => group.runs.some((run) => run.directory === directory));
    if (!before || !after || !groupNode || before.manifest.name !== after.manifest.name) {
      if (!after) this.configs.forget(directory);
      this.#rebuild();
      return;
    }
    groupNode.group.runs = groupNode.group.runs.map((run) => (run.directory === directory ? after : run));
    const best = bestRuns(groupNode.group.runs);
    const apart = measuredApart(groupNode.group.runs);
    const row = groupRow(groupNode.group);
    const changes = !isDeepStrictEqual([best, apart, row], [groupNode.best, groupNode.apart, groupNode.row]);
    Object.assign(groupNode, { best, apart, row });
    if (changes) this.#changes.fire(groupNode);
    else if (node) this.#changes.fire(node);
  }

  #rebuild(): void {
    const limits = new Map(this.#groups.map(({ group, limit }) => [group.id, limit]));
    const folderOf = (run: RunSummary) => this.runs.folderOf(run.directory)?.name ?? '';
    const severalFolders = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
    this.#nodes.clear();
    this.#groups = groupRuns(this.runs.runs, folderOf, severalFolders).map((group) => ({
      kind: 'group',
      group,
      best: bestRuns(group.runs),
      apart: measuredApart(group.runs),
      limit: limits.get(group.id) ?? PAGE_SIZE,
      row: groupRow(group),
    }));
    this.#showMessage();
    this.#changes.fire(undefined);
  }

  #showMessage(): void {
    const { numUnreadable, notice, otherPlaces } = this.runs;
    const messages: string[] = [];
    if (notice) messages.push(notice);
    if (otherPlaces.length > 0)
      messages.push(otherPlacesText(otherPlaces.map((place) => vscode.workspace.asRelativePath(place))));
    if (numUnreadable > 0) {
      const folders = numUnreadable === 1 ? 'One folder' : `${numUnreadable} folders`;
      messages.push(`${folders} could not be read as a run. See the RecSight output for details.`);
    }
    // The view takes undefined for “no message”, which its type does not tell.
    (this.#view as { message: string | undefined }).message = messages.join('\n') || undefined;
  }

  /** Runs of today become those of yesterday, which matters only while somebody looks. */
  #followDays(visible: boolean): void {
    if (this.#dayTimer) clearInterval(this.#dayTimer);
    this.#dayTimer = visible ? setInterval(() => this.#changes.fire(undefined), MINUTE) : null;
    if (visible) this.#changes.fire(undefined);
  }
}

/** The description, the icon and what is spoken; the label is the item's own. */
function showRow(item: vscode.TreeItem, { description, spoken, icon: { codicon, color } }: RunRow): void {
  item.description = plainText(description);
  item.accessibilityInformation = { label: plainText(spoken) };
  item.iconPath = color
    ? new vscode.ThemeIcon(codicon, new vscode.ThemeColor(color))
    : new vscode.ThemeIcon(codicon);
}

function moreItem(node: MoreNode): vscode.TreeItem {
  const hidden = node.group.group.runs.length - node.group.limit;
  const item = new vscode.TreeItem(`Show ${Math.min(PAGE_SIZE, hidden)} more of ${hidden}`);
  item.id = `${node.group.group.id}\nmore`;
  item.iconPath = new vscode.ThemeIcon('ellipsis');
  item.command = { command: 'recsight.showMoreRuns', title: 'Show More Runs', arguments: [node] };
  return item;
}
