import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RandomStream } from '../../src/compute/random';

/** A way in which things go wrong, of which there are any number of cases. */
export interface Kind {
  name: string;
  /** One line for the table. */
  what: string;
  /** Share of the campaign's time. */
  weight: number;
  /** Cases of the short form. */
  short: number;
  /** Why it cannot be tried here, or null. */
  missing?(): string | null;
  /** Tries one case. What it throws is a violation as well. */
  run(fault: Case): Promise<void>;
}

/** One case of a kind. The same seed and number give the same case. */
export class Case {
  readonly random: RandomStream;
  readonly violations: string[] = [];
  /** What exactly was done, for whoever looks into a violation. */
  readonly notes: string[] = [];
  readonly #cleanUps: (() => unknown)[] = [];

  constructor(
    seed: number,
    kind: string,
    readonly number: number,
    /** Of this case alone; removed after it. */
    readonly folder: string,
  ) {
    const letters = Buffer.from(kind);
    this.random = new RandomStream(seed, number, ...letters);
  }

  note(text: string): void {
    this.notes.push(text);
  }

  /** Says what is wrong. */
  violation(...texts: string[]): void {
    this.violations.push(...texts);
  }

  expect(isRight: boolean, text: string): void {
    if (!isRight) this.violation(text);
  }

  onEnd(cleanUp: () => unknown): void {
    this.#cleanUps.push(cleanUp);
  }

  async cleanUp(): Promise<void> {
    for (const cleanUp of this.#cleanUps.reverse()) await cleanUp();
  }

  /** One of several, each as likely. */
  pick<Value>(values: readonly Value[]): Value {
    return values[this.random.nextInt(values.length)]!;
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.random.nextInt(high - low + 1);
  }
}

export interface CampaignOptions {
  seed: number;
  /** Kinds to try. */
  kinds: readonly Kind[];
  /** Ends after that; null for the short form. */
  minutes: number | null;
  /** Cases that are tried at the same time. */
  workers: number;
  /** Keeps the folder of a case with a violation. */
  keep: boolean;
}

export interface Tally {
  kind: Kind;
  tried: number;
  violated: number;
  seconds: number;
  skipped: string | null;
}

/** Tries cases until the time is over, or the short form's number of each kind. */
export async function runCampaign(
  options: CampaignOptions,
  report: (text: string) => void,
): Promise<Tally[]> {
  const { seed, kinds, minutes, workers, keep } = options;
  const tallies = kinds.map((kind): Tally => ({
    kind,
    tried: 0,
    violated: 0,
    seconds: 0,
    skipped: kind.missing?.() ?? null,
  }));
  const deadline = minutes === null ? Infinity : performance.now() + minutes * 60_000;
  const next = (): Tally | null => {
    if (performance.now() >= deadline) return null;
    const open = tallies.filter(
      ({ kind, tried, skipped }) => skipped === null && (minutes !== null || tried < kind.short),
    );
    // The one that has had the least of its share.
    const owed = ({ seconds, kind, tried }: Tally) => (seconds + tried * 0.01) / kind.weight;
    return open.sort((a, b) => owed(a) - owed(b))[0] ?? null;
  };
  const work = async () => {
    for (let tally = next(); tally !== null; tally = next()) {
      const number = tally.tried++;
      const started = performance.now();
      // So that others are not given the same share meanwhile.
      tally.seconds += 1;
      if (!(await tryCase(seed, tally.kind, number, keep, report))) tally.violated++;
      tally.seconds += (performance.now() - started) / 1000 - 1;
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return tallies;
}

/** Tries one case and reports what was violated. Returns whether it ended as it should. */
export async function tryCase(
  seed: number,
  kind: Kind,
  number: number,
  keep: boolean,
  report: (text: string) => void,
): Promise<boolean> {
  const folder = mkdtempSync(path.join(tmpdir(), 'recsight-faults-'));
  const workspace = path.join(folder, 'case');
  mkdirSync(workspace);
  const fault = new Case(seed, kind.name, number, workspace);
  try {
    await kind.run(fault);
  } catch (error) {
    fault.violation(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  await fault.cleanUp();
  const isRight = fault.violations.length === 0;
  if (isRight || !keep) rmSync(folder, { recursive: true, force: true });
  if (!isRight) {
    const lines = [
      `✘ ${kind.name}:${number} (${fault.notes.join(', ')})`,
      ...[...new Set(fault.violations)].map((text) => `    ${text}`),
    ];
    lines.push(`    again: npm run faults -- --seed ${seed} --replay ${kind.name}:${number}`);
    if (keep) lines.push(`    kept in ${folder}`);
    report(lines.join('\n'));
  }
  return isRight;
}

/** The table at the end. */
export function tableOf(tallies: readonly Tally[]): string {
  const rows = [
    ['kind', 'tried', 'as it should', 'violations', 'seconds', ''],
    ...tallies.map(({ kind, tried, violated, seconds, skipped }) =>
      skipped === null
        ? [kind.name, `${tried}`, `${tried - violated}`, `${violated}`, seconds.toFixed(0), kind.what]
        : [kind.name, '–', '–', '–', '–', `skipped: ${skipped}`],
    ),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0]!) : column < 5 ? cell.padStart(widths[column]!) : cell,
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
