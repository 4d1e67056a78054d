import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { root } from '../../../scripts/lib/toolchain.mjs';
import type { DrawnMark } from '../../../src/protocol/drawnMark';
import { stopRun } from '../../../src/process/stopRun';
import { RunDirectory, runsDirectoryOf } from '../../../src/runs/runDirectory';

import { Workbench } from '../../integration/harness/workbench';
import { until } from '../../until';

/** What a user does that something is drawn for. */
export type Trigger = 'click' | 'keydown' | 'pointermove';

/** Something that happened in one of the page's frames; `at` in ms since 1970. */
interface Happening {
  kind: 'input' | 'mark';
  name: string;
  at: number;
  /** Of a mark. */
  detail: unknown;
}

const WAIT_MS = 120_000;
const EXTENSION = 'recsight.recsight';

/** Notes what a user does in a frame. */
const NOTING_INPUT = `for (const type of ['click', 'keydown', 'pointermove'])
  addEventListener(type, (event) => void noteForBench('input', type, performance.timeOrigin + event.timeStamp, null), { capture: true, passive: true });`;

/** Notes what the pages of the extension say they have drawn. */
const NOTING_MARKS = `new PerformanceObserver((list) => {
  for (const { name, startTime, detail } of list.getEntries())
    if (name.startsWith('recsight:')) void noteForBench('mark', name, performance.timeOrigin + startTime, detail);
}).observe({ type: 'mark', buffered: true });`;

/**
 * VS Code with the extension and a workspace, and its clocks: those of the browser's events and marks, so that nothing of what
 * drives the browser is measured.
 */
export class EditorUnderTest {
  #happened: Happening[] = [];

  private constructor(
    /** The folder that is open. */
    readonly folder: string,
    private readonly workbench: Workbench,
  ) {}

  /** @param extension folder of the unpacked extension */
  static async open(folder: string, extension: string): Promise<EditorUnderTest> {
    let note: (happening: Happening) => void = () => undefined;
    const prepare = async (page: Page): Promise<void> => {
      await page.exposeFunction(
        'noteForBench',
        (kind: Happening['kind'], name: string, at: number, detail: unknown) =>
          note({ kind, name, at, detail }),
      );
      await page.addInitScript({ content: `${NOTING_MARKS}\n${NOTING_INPUT}` });
    };
    const workbench = await Workbench.open(folder, { extension }, [], prepare);
    const editor = new EditorUnderTest(folder, workbench);
    note = (happening) => void editor.#happened.push(happening);
    await editor.#showRuns();
    return editor;
  }

  close(): Promise<void> {
    return this.workbench.close();
  }

  /** Saves a picture of what there is, for whoever wonders why a measure failed. */
  picture(): Promise<void> {
    return this.workbench.screenshot('bench-editor');
  }

  /** What draws, for the record. */
  browserVersion(): string {
    return this.workbench.browserVersion;
  }

  /** A new window: a new page and a new extension host, in which nothing of the extension's has been opened yet. */
  async renew(): Promise<void> {
    await this.closeEditors();
    await this.workbench.reload();
    await this.#showRuns();
  }

  async closeEditors(): Promise<void> {
    await this.workbench.runCommand('View: Close All Editors');
    await this.workbench.page.locator('iframe.webview').first().waitFor({ state: 'detached' });
  }

  /** The row of a run in the runs view, by its name and status. */
  async row(name: string, status = 'finished'): Promise<Locator> {
    const row = this.workbench.spokenTreeRow(new RegExp(`^${name}, ${status}\\b`)).first();
    const group = this.workbench.page.locator(`[role=treeitem][aria-expanded][aria-label^="${name}, "]`);
    await until(`the row of ${name}`, async () => {
      if (await row.isVisible()) return true;
      if ((await group.getAttribute('aria-expanded', { timeout: 1000 }).catch(() => null)) === 'false')
        await group.click();
      return false;
    });
    return row;
  }

  /** The button of a run's row. */
  async rowButton(name: string, label: string): Promise<Locator> {
    const row = await this.row(name);
    await row.hover();
    return row.locator(`a.action-label[aria-label^="${label}"]`);
  }

  /** Opens a config, and returns the button that trains it. */
  async openConfig(name: string): Promise<Locator> {
    const { page } = this.workbench;
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+P');
    await page.locator('.quick-input-widget input.input').fill(`${name}.recsight.json`);
    await this.workbench.quickPickRow(`${name}.recsight.json`).click();
    const button = page.locator('.editor-actions a.action-label[aria-label^="Train Model"]').first();
    await button.waitFor();
    return button;
  }

  /** Something in the page of the panel in view. */
  panel(selector: string): Locator {
    return this.workbench.webview(EXTENSION).locator(selector);
  }

  /** Has what the user does in the panel in view noted, too: VS Code has removed what listened to an empty page. */
  async listenInPanel(): Promise<void> {
    await this.panel('body').evaluate(NOTING_INPUT);
  }

  press(key: string): Promise<void> {
    return this.workbench.page.keyboard.press(key);
  }

  /**
   * ms from the last of what `act` does to the first frame in which something is drawn after it.
   * @param isWanted whether it is what was waited for, by the detail of the mark
   */
  async time(
    trigger: Trigger,
    mark: DrawnMark,
    act: () => Promise<unknown>,
    isWanted: (detail: unknown) => boolean = () => true,
  ): Promise<number> {
    this.#happened = [];
    await act();
    return until(
      `${mark} after a ${trigger}`,
      () => {
        const done = this.#happened.findLast(({ kind, name }) => kind === 'input' && name === trigger);
        if (!done) return null;
        const drawn = this.#happened.find(
          ({ kind, name, at, detail }) =>
            kind === 'mark' && name === mark && at >= done.at && isWanted(detail),
        );
        return drawn ? drawn.at - done.at : null;
      },
      WAIT_MS,
    );
  }

  /** Stops the trainings that go on and removes their runs, so that each is started as the first one was. */
  async dropNewestRun(): Promise<void> {
    const directory = runsDirectoryOf(this.folder);
    const names = (await readdir(directory)).filter((name) => /^\d/.test(name)).sort();
    const run = path.join(directory, names.at(-1)!);
    await stopRun(new RunDirectory(run));
    await rm(run, { recursive: true });
  }

  /** Removes the prepared data, so that the next training reads the files of the dataset again. */
  async dropPreparedData(): Promise<void> {
    await rm(path.join(this.folder, '.recsight/cache'), { recursive: true, force: true });
  }

  async #showRuns(): Promise<void> {
    await this.workbench.runCommand('RecSight: Focus on Runs View');
    const { page } = this.workbench;
    const none = page.locator('.welcome-view-content', { hasText: 'Train Model' });
    await page.getByRole('treeitem').or(none).first().waitFor({ timeout: WAIT_MS });
  }
}

/** A folder with the extension as it ships, but unpacked: what VS Code loads. */
export async function unpackedExtension(bundles: string): Promise<string> {
  const folder = path.join(bundles, 'extension');
  await mkdir(folder, { recursive: true });
  for (const name of ['package.json', 'media']) {
    await cp(path.join(root, name), path.join(folder, name), { recursive: true });
  }
  const isBundle = (name: string): boolean => name !== 'extension' && !name.includes('.bench.');
  for (const name of (await readdir(bundles)).filter(isBundle)) {
    await cp(path.join(bundles, name), path.join(folder, 'dist', name), { recursive: true });
  }
  return folder;
}
