import { withLaterOptions } from '../config/laterOptions';
import { errorText } from '../protocol/errorText';
import type { RunSettings } from '../protocol/runSettings';
import type { RunSummary } from '../protocol/run';
import { RunDirectory } from '../runs/runDirectory';
import type { RunCatalog } from './runCatalog';
import { distinguishingSettings, settingsBeside, usualSettings } from './runSettings';
import { groupRuns } from './runTreeModel';

/** The newest runs of a group say what is usual in it; older ones are not read for that. */
const MOST_COMPARED = 100;

/** The configs of the runs that the window shows. One is read once, unless its run is resumed with another. */
export class RunConfigs {
  readonly #configs = new Map<string, { digest: string; config: Promise<unknown> }>();

  constructor(private readonly runs: RunCatalog) {}

  /**
   * What tells each of some runs from the others of its group, such as `hiddenSize 32`; empty where nothing does.
   * @param group newest first
   */
  async distinguish(runs: readonly RunSummary[], group: readonly RunSummary[]): Promise<string[]> {
    const usual = usualSettings(await this.#configsOf(group.slice(0, MOST_COMPARED)));
    return (await this.#configsOf(runs)).map((config) => distinguishingSettings(config, usual));
  }

  /** All settings of a run beside those of the runs that have its name. */
  async settingsOf(run: RunSummary): Promise<RunSettings> {
    const folderOf = ({ directory }: RunSummary) => this.runs.folderOf(directory)?.name ?? '';
    const { directory } = run;
    const group = groupRuns(this.runs.runs, folderOf, false).find(({ runs }) =>
      runs.some((other) => other.directory === directory),
    );
    const compared = group?.runs.slice(0, MOST_COMPARED) ?? [run];
    const [config, ...configs] = await this.#configsOf([run, ...compared]);
    const beside = settingsBeside(config, configs);
    if (beside.settings.length > 0) return beside;
    const unreadable = await new RunDirectory(directory).readConfig().then(() => undefined, errorText);
    return unreadable === undefined ? beside : { ...beside, unreadable };
  }

  /** A run is gone. */
  forget(directory: string): void {
    this.#configs.delete(directory);
  }

  #configsOf(runs: readonly RunSummary[]): Promise<unknown[]> {
    return Promise.all(runs.map((run) => this.#configOf(run)));
  }

  #configOf({ directory, manifest: { configDigest: digest } }: RunSummary): Promise<unknown> {
    const known = this.#configs.get(directory);
    if (known?.digest === digest) return known.config;
    // A run whose config is lost is still listed, without what tells it apart, and read again when it is asked for.
    const config = new RunDirectory(directory).readConfig().then(withLaterOptions, () => {
      if (this.#configs.get(directory)?.config === config) this.#configs.delete(directory);
      return {};
    });
    this.#configs.set(directory, { digest, config });
    return config;
  }
}
