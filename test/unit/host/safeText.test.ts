import { describe, expect, it } from 'vitest';
import { lastRunText } from '../../../src/host/configLensText';
import { runTooltip } from '../../../src/host/runTooltip';
import { runRow } from '../../../src/host/runTreeModel';
import { commandLink, icon, joinMarkdown, escaped, plainText } from '../../../src/host/safeText';
import { statusTexts } from '../../../src/host/statusText';
import type { RunManifest } from '../../../src/protocol/run';
import type { RunSettings } from '../../../src/protocol/runSettings';
import { makeRun } from './runs';
import { shownText } from './shownText';

const HOSTILE =
  '[press](command:workbench.action.terminal.new) ![x](https://evil.example/x.png) <img src=x> $(trash) `a` **b** | c\n# d\u202e\u001b[2J';

describe('plainText', () => {
  it('leaves usual names alone', () => {
    for (const text of [
      'sasrec · 14:05',
      'ndcg@10 0.1234',
      'C:\\data\\a (1).csv',
      'Überraschung №5 🎬',
      'a[0]',
      'price $5 (net)',
    ])
      expect(plainText(text)).toBe(text);
  });

  it('has no link, no icon, no second line and nothing unseen', () => {
    const text = plainText(HOSTILE);
    expect(text).not.toMatch(/\]\(|\$\(|[\p{Cc}\p{Bidi_Control}]/u);
    expect(text).toContain('[press] (command:workbench.action.terminal.new)');
    expect(plainText('a\u200b](b').includes('](')).toBe(false);
    expect(plainText(']\u200b(command:x)')).not.toContain('](');
  });

  it('is bounded', () => {
    expect(plainText('x'.repeat(1e6))).toHaveLength(1000);
  });
});

describe('escaped', () => {
  it('shows what is put in as it is, and code as a quotation', () => {
    const text = '1. a_b *c* https://evil.example www.evil.example a@b.example !(y) <b> &amp; ~~d~~ \\ | `e`';
    expect(shownText(escaped`**${text}**`)).toBe(`**${text.replace('`e`', '“e”')}**`);
    const source = escaped`${HOSTILE}`.source.replace(/&#\d+;/g, '');
    expect(source).not.toMatch(/[[\]<>`*|#$\n]|\(c|https?:|www\.|!/);
  });

  it('keeps Markdown that it has made itself', () => {
    const link = commandLink(escaped`${icon('play')} ${'[Go]'}`, 'recsight.openRun', '/a (1)/b) ![x](y)\'"');
    const text = joinMarkdown([escaped`a`, link], ' ').source;
    expect(text).toMatch(/^a \[\$\(play\) &#91;Go&#93;\]\(command:recsight\.openRun\?%5B[^()[\]!'"]*%5D\)$/);
    const query = /\?(.*)\)$/.exec(text)![1]!;
    expect(JSON.parse(decodeURIComponent(query))).toEqual(['/a (1)/b) ![x](y)\'"']);
  });
});

describe('a run that somebody else has made', () => {
  const metrics = { [HOSTILE]: 0.5 };
  const protocol = {
    ...makeRun().manifest.protocol!,
    part: HOSTILE,
    numUsers: HOSTILE,
    numCandidates: HOSTILE,
  };
  const measured = { epoch: 1, step: 1, metrics };
  const hostile = {
    name: HOSTILE,
    model: HOSTILE,
    configPath: HOSTILE,
    mainMetric: HOSTILE,
    protocol,
    best: measured,
    test: { ...measured, protocol, baselines: { [HOSTILE]: metrics }, evaluatedAt: 1 },
    git: { commit: HOSTILE, dirty: true },
    backend: { name: HOSTILE, device: HOSTILE, threads: HOSTILE, version: HOSTILE },
    error: { code: 'x', message: HOSTILE },
    seed: HOSTILE,
  } as unknown as Partial<RunManifest>;

  it.each(['running', 'failed', 'lost', 'finished'] as const)(
    'brings no markup into a hover: %s',
    (status) => {
      const setting = { path: HOSTILE, value: HOSTILE, usual: HOSTILE };
      const settings: RunSettings = {
        settings: [
          { ...setting, differs: true },
          { ...setting, differs: false },
        ],
        usual: { of: 'runs', numRuns: 2 },
      };
      const { source } = runTooltip(makeRun(hostile, status), HOSTILE, settings, 3_000_000);
      expect(source).not.toMatch(/\]\(|!\[|<img|https?:\/\/|\$\(trash|[\p{Bidi_Control}\u001b]/u);
      expect(shownText({ source })).toContain('[press] (command:workbench.action.terminal.new)');
      // The table has as many columns as its head, whatever is in its cells.
      for (const table of source.split('\n\n').filter((part) => part.startsWith('|')))
        expect(new Set(table.split('\n').map((row) => row.split('|').length)).size).toBe(1);
    },
  );

  it('brings no icon into the status bar, nor into what a lens and a row become', () => {
    const run = makeRun(hostile, 'running');
    const { text, spoken } = statusTexts(run, 0);
    expect(text.replace('$(sync~spin)', '')).not.toMatch(/\$\(|\]\(/);
    expect(spoken).not.toMatch(/\$\(|\]\(/);
    const row = runRow(run, { settings: HOSTILE, start: '14:05' }, { best: true, apart: true });
    for (const each of [lastRunText(run, 3_000_000), row.label, row.description, row.spoken])
      expect(plainText(each)).not.toMatch(/\$\(|\]\(/);
  });
});
