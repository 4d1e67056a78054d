import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { RunStatus } from '../../src/protocol/run';
import { exampleBaseline, exampleEvents, exampleRun, exampleSettings, exampleTest } from './exampleRun';
import { TestHost } from './livePage';
import { LIVE_STATES } from './liveStates';
import { canvasOf, chart, runningHost, settled, summaryOf, useLivePages } from './liveSuite';

const { open, openUnread } = useLivePages();

describe('what is shown', () => {
  const views = ['Projection', 'Attention', 'Playground'];
  const buttons: Record<RunStatus, string[]> = {
    preparing: ['Stop'],
    running: [...views, 'Stop'],
    evaluating: [...views, 'Stop'],
    stopping: [...views, 'Stop'],
    stopped: [...views, 'Evaluate', 'Resume'],
    failed: [...views, 'Evaluate', 'Resume'],
    lost: [...views, 'Evaluate', 'Resume'],
    finished: [...views, 'Evaluate'],
  };
  test.each(Object.entries(buttons))('%s, with what can be done about it', async (status, expected) => {
    const epochs = status === 'preparing' ? 0 : 3;
    const host = new TestHost(
      exampleRun(status as RunStatus, epochs),
      epochs === 0 ? [] : exampleEvents(epochs),
    );
    const { page } = await open(host);
    expect(await page.getByRole('status').textContent()).toBe(status);
    expect(await page.locator('.actions vscode-button').allTextContents()).toEqual(expected);
    expect(await page.locator('.actions vscode-button[appearance=primary]').count()).toBe(1);
    expect(await page.locator('.actions vscode-button[disabled]').count()).toBe(
      status === 'stopping' ? 1 : 0,
    );
    expect(await page.locator('recsight-line-chart').count()).toBe(4);
    await settled(page);
    expect(await page.locator('recsight-line-chart canvas').count()).toBe(epochs === 0 ? 0 : 4);
  });

  test('the frame is there before the data', async () => {
    const host = runningHost();
    let answer = (): void => undefined;
    host.held = new Promise((resolve) => (answer = resolve));
    const { page } = await openUnread(host);
    const titles = page.locator('recsight-line-chart h2');
    await titles.first().waitFor();
    const before = await titles.count();
    expect(await page.getByRole('status').textContent()).toBe('loading');
    answer();
    await page.locator('h1', { hasText: 'sasrec' }).waitFor();
    expect([before, await titles.count()]).toEqual([4, 4]);
  });

  test('the title tells runs of one name apart, also when the other one comes later', async () => {
    const host = runningHost();
    const { name } = host.run.manifest;
    host.title = `${name} · 14:05`;
    const { page, view } = await open(host);
    await expect.poll(() => page.locator('h1').textContent()).toBe(`${name} · 14:05`);
    await view.titleChanged(`${name} · 14:05:31`);
    await expect.poll(() => page.locator('h1').textContent()).toBe(`${name} · 14:05:31`);
  });

  test('the facts and the progress', async () => {
    const { page } = await open(runningHost());
    expect((await page.locator('.facts').innerText()).replace(/\s+/g, ' ')).toMatch(
      /^validation NDCG@10 0\.1033 best e7 HR@10 0\.1921 loss 4\.631 3,\d{3} sequences\/s 4,096 users · 3,629 items wasm · 2 threads$/,
    );
    expect(await page.locator('.progress').innerText()).toMatch(/7\/20 epochs\s*35%\s*· 1 min 12 s left/);
    expect(await chart(page, 'Validation NDCG@10').locator('.badge').textContent()).toBe(
      'full · LOO · seen filtered',
    );
  });

  test('the figures name their split, and no throughput while no step is taken', async () => {
    const { page } = await open(LIVE_STATES.evaluating!());
    const metrics = page.locator('.facts li[title*="validation, leave-one-out"]');
    await expect.poll(() => metrics.count()).toBe(2);
    await settled(page);
    expect(await page.locator('.facts').innerText()).not.toContain('sequences/s');
  });

  test('a warning for a run whose numbers are to be doubted, in the color of warnings', async () => {
    const warnings = [{ code: 'training/diverging', message: 'Training diverges.' }] as const;
    const doubtful = exampleRun('finished', 20, { warnings: [...warnings] });
    const { page } = await open(new TestHost(doubtful, exampleEvents(20)));
    expect(await page.getByLabel('Loss diverged').innerText()).toContain('Training diverges.');
    const colorOf = (selector: string) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).color`);
    expect(await colorOf('.status .codicon-warning')).toBe(await colorOf('.box.warning > .codicon-warning'));
  });

  test('the details, with what the training takes in memory', async () => {
    const { page } = await open(runningHost());
    await page.getByText('Details', { exact: true }).click();
    const details = page.locator('.details dl');
    await expect
      .poll(() => details.textContent())
      .toContain('about 277 MB (61.0 MB activations), 20.1 GB were free');
  });

  describe('the settings of the run', () => {
    const rowsOf = async (page: Page) =>
      (await page.locator('.settings tbody tr').allInnerTexts()).map((row) => row.trim().split(/\s*\t\s*/));

    test('all of them, with those first that most runs of its name have not', async () => {
      const host = new TestHost(exampleRun('finished', 20), exampleEvents(20));
      host.settings = exampleSettings();
      const { page, view } = await open(host);
      expect(host.calls).not.toContain('settings');
      await page.getByText('Details', { exact: true }).click();
      await expect.poll(() => rowsOf(page)).toHaveLength(9);
      expect((await rowsOf(page)).slice(0, 4)).toEqual([
        ['model.hiddenSize', '128', '64'],
        ['model.attentionOutputDropout', '0.25', 'not set'],
        ['model.loss.numNegatives', 'not set', '256'],
        ['seed', '42'],
      ]);
      expect(await page.locator('.settings header').innerText()).toMatch(
        /^Settings\s+3 differ from most of the 4 runs with this name\.$/,
      );
      expect(await page.locator('.settings tbody .codicon').count()).toBe(3);
      // A resume may change some of them.
      const alike = exampleSettings().settings.slice(0, 3);
      host.settings = { settings: alike, usual: { of: 'defaults' } };
      await view.runChanged(exampleRun('running', 20, { configDigest: 'other' }));
      await expect.poll(() => rowsOf(page)).toHaveLength(3);
      expect(await page.locator('.settings header').innerText()).toContain(
        'None differ from RecSight’s defaults; no other run has this name.',
      );
    });

    test('a value that is usual has the room of two columns', async () => {
      const host = new TestHost(exampleRun('finished', 20), exampleEvents(20));
      host.settings = exampleSettings();
      const { page } = await open(host, { width: 480 });
      await page.getByText('Details', { exact: true }).click();
      const spans = page.locator('.settings tbody tr', { hasText: 'dataset.path' }).locator('td');
      await expect.poll(() => spans.count()).toBe(1);
      expect(await spans.getAttribute('colspan')).toBe('2');
    });

    test('why they are not there', async () => {
      const host = new TestHost(exampleRun('finished', 20), exampleEvents(20));
      const unreadable = '/runs/a/config.json does not exist. The run was deleted in part.';
      host.settings = { settings: [], usual: { of: 'defaults' }, unreadable };
      const { page } = await open(host);
      await page.getByText('Details', { exact: true }).click();
      await expect.poll(() => page.locator('.settings header').innerText()).toContain(unreadable);
    });

    test.each([320, 480, 1280])('are within a panel of %i pixels', async (width) => {
      const host = new TestHost(exampleRun('finished', 20), exampleEvents(20));
      host.settings = exampleSettings();
      const { page } = await open(host, { width });
      await page.getByText('Details', { exact: true }).click();
      await expect.poll(() => rowsOf(page)).toHaveLength(9);
      const overflow = await page.evaluate(
        `[...document.querySelectorAll('.settings th, .settings td')].some((cell) => cell.scrollWidth > cell.clientWidth || cell.getBoundingClientRect().right > innerWidth)`,
      );
      expect(overflow).toBe(false);
    });
  });

  test('the test table: best in bold, differences with sign and arrow, and a plain word when below a baseline', async () => {
    const good = await open(new TestHost(exampleRun('finished', 20, { test: exampleTest() }), []));
    expect(await good.page.locator('.verdict').textContent()).toContain('At least as good as every baseline');
    expect(await good.page.locator('.test tbody tr').first().locator('th, td').allInnerTexts()).toEqual([
      'NDCG@10',
      '0.1213',
      '0.07900',
      '0.09400',
      '0.1080',
      '▲ +0.0133',
    ]);
    expect(await good.page.locator('.test b').first().textContent()).toBe('0.1213');
    const bad = await open(new TestHost(exampleRun('finished', 20, { test: exampleTest(0.8) }), []));
    expect(await bad.page.locator('.verdict').textContent()).toContain('Below Markov on every metric.');
    expect(await bad.page.locator('.test b').first().textContent()).toBe('0.1080');
  });

  test('a model without training: its test, and no curve that would never come', async () => {
    const { page } = await open(new TestHost(exampleBaseline(), []));
    await page.getByText('fitted without epochs').waitFor();
    expect(await page.locator('section.test table').count()).toBe(1);
    expect(await page.locator('recsight-line-chart').count()).toBe(0);
  });

  test('an error: what happened, what to do, and buttons that do it', async () => {
    const error = { code: 'training/diverged', message: 'The loss is NaN at step 143.' };
    const host = new TestHost(exampleRun('failed', 2, { error }), exampleEvents(2));
    const { page } = await open(host);
    const box = page.locator('.box.error');
    expect(await box.textContent()).toContain('The loss is NaN at step 143.');
    expect(await box.textContent()).toContain('Resume continues from the last checkpoint, after epoch 2.');
    await box.getByText('Open Log').click();
    await box.getByText('Open Config').click();
    expect(host.calls).toEqual(['hydrate', 'openLog', 'openConfig']);
  });

  test('an error before the first checkpoint: the way on is the config as it is now', async () => {
    const error = { code: 'dataset/missing-file', message: 'ratings.csv does not exist.' };
    const host = new TestHost(exampleRun('failed', 0, { error }), []);
    const { page } = await open(host);
    expect(await page.locator('.actions vscode-button').allTextContents()).toEqual(['Train Again']);
    expect(await page.locator('.box.error').textContent()).toContain('the current config file');
    await page.locator('.actions vscode-button[appearance=primary]').click();
    expect(host.calls).toEqual(['hydrate', 'trainAgain']);
  });

  test('names and messages are text, whatever they hold', async () => {
    const nasty = '<img src=x onerror="document.title=`owned`"><b>bold</b>';
    const error = { code: 'x', message: nasty };
    const host = new TestHost(exampleRun('failed', 2, { name: nasty, error, test: exampleTest() }), []);
    host.series.fold([{ v: 1, seq: 0, time: 0, kind: 'log', level: 'warning', message: nasty }]);
    const { page } = await open(host);
    expect(await page.locator('h1').textContent()).toBe(nasty);
    expect(await page.locator('.messages .message').textContent()).toBe(nasty.replaceAll('`', ''));
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('RecSight');
  });

  test('metrics are named as papers name them, wherever they are read or heard', async () => {
    const { page } = await open(
      new TestHost(exampleRun('finished', 20, { test: exampleTest() }), exampleEvents(20)),
    );
    await settled(page);
    const texts = await page.evaluate<string[]>(`[
      document.body.innerText,
      ...[...document.querySelectorAll('[aria-label], [title]')].flatMap((element) => [
        element.getAttribute('aria-label') ?? '',
        element.getAttribute('title') ?? '',
      ]),
    ]`);
    expect(texts.filter((text) => /\b(?:ndcg|hr|mrr)(?:@\d+)?\b/.test(text))).toEqual([]);
    expect(texts.join(' ')).toMatch(/NDCG@10.*HR@10/s);
  });

  test('what messages mark as code is shown as code', async () => {
    const error = { code: 'x', message: '`dataset.path` names no file. See `recsight data`.' };
    const warnings = [{ code: 'training/diverging' as const, message: 'Set `loss.type` to `ce`.' }];
    const host = new TestHost(exampleRun('failed', 2, { error, warnings }), []);
    host.notice = '`fs.inotify.max_user_watches` is reached.';
    host.failure = new Error('`trainer.log` is no plain file.');
    host.series.fold([
      { v: 1, seq: 0, time: 0, kind: 'log', level: 'warning', message: 'The id `42` appears in 7 rows.' },
    ]);
    const { page } = await open(host);
    await page.locator('.box.error').getByText('Open Log').click();
    await page.getByText('is no plain file').waitFor();
    expect((await page.locator('code').allTextContents()).sort()).toEqual([
      '42',
      'ce',
      'dataset.path',
      'fs.inotify.max_user_watches',
      'loss.type',
      'recsight data',
      'trainer.log',
    ]);
    expect(await page.locator('body').innerText()).not.toContain('`');
  });

  test('how runs are followed, when it is not by watching', async () => {
    const host = runningHost();
    host.notice = 'No file watchers are left: the run is read every second.';
    const { page } = await open(host);
    expect(await page.locator('.notice').textContent()).toContain('No file watchers are left');
  });
});

describe('what comes later', () => {
  test('events join the curves', async () => {
    const host = runningHost();
    const { page, view } = await open(host);
    await settled(page);
    expect(await summaryOf(page, 'Training loss')).toContain('440 points');
    const more = exampleEvents(7, 60, 50).filter(({ seq }) => seq >= host.series.cursor);
    const picture = await canvasOf(page, 'Training loss');
    await view.append(more);
    await settled(page);
    expect(await summaryOf(page, 'Training loss')).toContain('470 points');
    expect(await canvasOf(page, 'Training loss')).not.toBe(picture);
    expect(host.calls).toEqual(['hydrate']);
  });

  test('lost events are noticed, and the whole history asked for again', async () => {
    const host = runningHost();
    const { page, view } = await open(host);
    const more = exampleEvents(7, 60, 50).filter(({ seq }) => seq >= host.series.cursor);
    host.series.fold(more);
    await view.append(more.slice(5));
    await expect.poll(() => summaryOf(page, 'Training loss')).toContain('470 points');
    expect(host.calls).toEqual(['hydrate', 'hydrate']);
  });

  test('the run changes: status, progress and what can be done', async () => {
    const host = runningHost();
    const { page, view } = await open(host);
    await view.runChanged(exampleRun('stopped', 8));
    await expect.poll(() => page.getByRole('status').textContent()).toBe('stopped');
    expect(await page.locator('.actions vscode-button').allTextContents()).toEqual([
      'Projection',
      'Attention',
      'Playground',
      'Evaluate',
      'Resume',
    ]);
    expect(await page.locator('[aria-live], [role=status], [role=alert]').count()).toBe(1);
  });
});

describe('what is asked', () => {
  test('stop, once', async () => {
    const host = runningHost();
    const { page } = await open(host);
    await page.getByText('Stop', { exact: true }).click();
    await expect.poll(() => host.calls).toEqual(['hydrate', 'stop']);
  });

  test('resume and evaluate', async () => {
    const host = new TestHost(exampleRun('stopped', 7), exampleEvents(7));
    const { page } = await open(host);
    await page.getByText('Resume', { exact: true }).click();
    await page.getByText('Evaluate', { exact: true }).click();
    await expect.poll(() => host.calls).toEqual(['hydrate', 'resume', 'evaluate']);
  });

  test('the views of the model', async () => {
    const host = runningHost();
    const { page } = await open(host);
    await page.getByText('Projection', { exact: true }).click();
    await page.getByText('Attention', { exact: true }).click();
    await page.getByText('Playground', { exact: true }).click();
    await expect
      .poll(() => host.calls)
      .toEqual(['hydrate', 'openView projection', 'openView attention', 'openView playground']);
  });

  test('a refusal is shown with its reason, and can be dismissed', async () => {
    const host = new TestHost(exampleRun('stopped', 7), exampleEvents(7));
    host.failure = new Error('Process 4711 trains this run already.');
    const { page } = await open(host);
    await page.getByText('Resume', { exact: true }).click();
    const box = page.getByRole('alert');
    await box.waitFor();
    expect(await box.textContent()).toContain('Process 4711 trains this run already.');
    await box.getByText('Dismiss').click();
    await box.waitFor({ state: 'detached' });
  });

  test('the menu, with the keyboard', async () => {
    const host = runningHost();
    const { page } = await open(host);
    await page.getByRole('button', { name: 'More Actions' }).focus();
    await page.keyboard.press('Enter');
    const focused = (name: string) =>
      expect.poll(() => page.locator('[role=menuitem]:focus').textContent()).toContain(name);
    await focused('Open Config');
    await page.keyboard.press('ArrowDown');
    await focused('Open Log');
    await page.keyboard.press('Enter');
    await expect.poll(() => host.calls).toEqual(['hydrate', 'openLog']);
    await page.getByRole('button', { name: 'More Actions' }).click();
    await page.getByRole('menuitem', { name: 'Open Config' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menuitem', { name: 'Open Config' }).waitFor({ state: 'hidden' });
  });

  test('a change that the page keeps is told, so that its panel stays; looking at it is not', async () => {
    const { page, numKept } = await open(runningHost());
    await settled(page);
    await page.locator('h1').click();
    await settled(page);
    expect(numKept()).toBe(0);
    await page.getByText('log', { exact: true }).click();
    await expect.poll(numKept).toBe(1);
  });
});
