import { isRecord } from '../protocol/isRecord';
import { randomBytes } from 'node:crypto';
import { renameSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { systemReason } from '../protocol/errorText';
import {
  RUN_SCHEMA_VERSION,
  type ControlRequest,
  type DatasetSummary,
  type GitState,
  type RefitOf,
  type RunManifest,
} from '../protocol/run';
import type { KeptCode } from '../protocol/keptCode';
import { makeFolder, writeFileAtomically } from './atomicFile';
import { copyKeptCandidates } from './candidateFile';
import { writeKeptCode } from './keptCode';
import { sweepRuns } from './leftovers';
import { NotPlainError, requirePlainFile, requirePlainFolder } from './plainFiles';
import { meansMissing, RunReadError, RunWriteError, systemErrorCode, toWriteError } from './runErrors';
import { checkSchemaVersion, readJsonFile } from './readJsonFile';
import { parseRunFile, stringifyRunJson } from './runJson';
import { manifestSchema, misfitOf } from './runSchema';

/*
 * The run directory is described in docs/formats.md. This folder is the only code that knows its file names.
 */

/** Where a workspace folder keeps what belongs to this extension. */
export const SETTINGS_FOLDER = '.recsight';
const RUNS_FOLDER = 'runs';

/** Name of the manifest; the watcher needs it too. */
export const MANIFEST_FILE = 'run.json';
const CONFIG_FILE = 'config.json';

/** What makes the folder of a checkpoint one: it names the files of the weights, and is written after them. */
export const CHECKPOINT_STATE_FILE = 'state.json';

/** A longer manifest is none. */
const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

/** Early versions kept the ranks of all users there. */
const MAX_EVALUATION_BYTES = 512 * 1024 * 1024;

/** What is known of a run before its trainer starts. */
export interface NewRun {
  name: string;
  /** Model type, such as `sasrec`. */
  model: string;
  /** Absolute path of the config file. */
  configPath: string;
  /** The resolved config, for `config.json`. */
  config: unknown;
  configDigest: string;
  seed: number;
  mainMetric: string;
  /** Planned epochs. */
  epochs: number;
  git: GitState | null;
  versions: Record<string, string>;
  /** Code of its user that it needs. */
  code?: KeptCode;
  refitOf?: RefitOf;
  /** What it must be trained on, where that is decided. */
  dataset?: DatasetSummary;
  /** The folder of the lists of candidates that it takes over from another run. */
  candidatesOf?: string;
}

/** `<workspaceFolder>/.recsight/runs`, where the runs of a workspace are kept. */
export function runsDirectoryOf(workspaceFolder: string): string {
  return path.join(workspaceFolder, SETTINGS_FOLDER, RUNS_FOLDER);
}

/** The folder that holds the `.recsight` of a runs directory, or null where the runs are kept elsewhere. */
export function workspaceFolderOf(runsDirectory: string): string | null {
  const parent = path.dirname(runsDirectory);
  const isUsual = path.basename(runsDirectory) === RUNS_FOLDER && path.basename(parent) === SETTINGS_FOLDER;
  return isUsual ? path.dirname(parent) : null;
}

/** Where prepared datasets are kept: beside the runs of a workspace, or below a runs directory that stands alone. */
export function cacheDirectoryOf(runsDirectory: string): string {
  const isInWorkspace = workspaceFolderOf(runsDirectory) !== null;
  return isInWorkspace ? path.join(runsDirectory, '..', 'cache') : path.join(runsDirectory, '.cache');
}

/**
 * Makes the directory of a new run, with its config, its first manifest (status `preparing`) and nothing else.
 * It appears under its final name only when it is complete, and in the very turn of the event loop in which the caller goes on:
 * no signal that ends this process can come in between, and leave a run that no trainer was started for. Throws RunWriteError.
 */
export async function createRun(runsDirectory: string, run: NewRun): Promise<RunDirectory> {
  const createdAt = Date.now();
  const id = makeRunId(run.name, createdAt);
  const directory = path.join(runsDirectory, id);
  // Names that start with a dot are not listed.
  const unfinished = path.join(runsDirectory, `.${id}`);
  const manifest: RunManifest = {
    schemaVersion: RUN_SCHEMA_VERSION,
    id,
    name: run.name,
    model: run.model,
    status: 'preparing',
    createdAt,
    updatedAt: createdAt,
    finishedAt: null,
    configPath: portableConfigPath(run.configPath, runsDirectory),
    configDigest: run.configDigest,
    seed: run.seed,
    dataset: run.dataset ?? null,
    protocol: null,
    mainMetric: run.mainMetric,
    progress: { epoch: 0, epochs: run.epochs, step: 0, stepsPerEpoch: 0, remainingMs: null, loss: null },
    best: null,
    last: null,
    test: null,
    git: run.git,
    versions: run.versions,
    backend: null,
    timings: { prepare: 0, train: 0, evaluate: 0 },
    error: null,
    ...(run.refitOf !== undefined && { refitOf: run.refitOf }),
  };
  await sweepRuns(runsDirectory);
  try {
    await mkdir(path.join(unfinished, 'control'), { recursive: true });
    await keepOutOfGit(runsDirectory);
    await writeFile(path.join(unfinished, CONFIG_FILE), `${stringifyRunJson(run.config, 2)}\n`);
    if (run.code !== undefined) await writeKeptCode(unfinished, run.code);
    if (run.candidatesOf !== undefined)
      await copyKeptCandidates(run.candidatesOf, new RunDirectory(unfinished).candidatesPath);
    await new RunDirectory(unfinished).writeManifest(manifest);
    renameSync(unfinished, directory);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true }).catch(() => undefined);
    throw toWriteError(error, directory, `Runs cannot be stored in ${runsDirectory}`);
  }
  return new RunDirectory(directory);
}

/** One run on disk. Making the object touches nothing; the directory may be missing or damaged. */
export class RunDirectory {
  /** Absolute. */
  readonly path: string;

  constructor(directory: string) {
    this.path = path.resolve(directory);
  }

  /** `YYYYMMDD-HHMMSS-<name>-<4 hex>`, in UTC, so that names sort by time. */
  get id(): string {
    return path.basename(this.path);
  }

  get eventsPath(): string {
    return path.join(this.path, 'events.jsonl');
  }

  /** What the trainer process printed. */
  get logPath(): string {
    return path.join(this.path, 'trainer.log');
  }

  /** Who trains the run; see trainerLock.ts. */
  get processPath(): string {
    return path.join(this.path, 'process.json');
  }

  /**
   * Where a run keeps a folder of weights, optimizer state and counters: `last`, `best`, or a snapshot such as `epoch-12`.
   * The folder may not exist yet.
   */
  checkpointPath(name: string): string {
    return path.join(this.path, 'checkpoints', name);
  }

  /** Names of the checkpoint folders that there are, in no order. Throws RunReadError. */
  async checkpoints(): Promise<string[]> {
    const names = await readFolder(path.join(this.path, 'checkpoints'));
    return names.filter((name) => /^(?:best|last|epoch-\d+)$/.test(name));
  }

  /** Whether there is a checkpoint from which training can go on. */
  async hasCheckpoint(): Promise<boolean> {
    return stat(path.join(this.checkpointPath('last'), CHECKPOINT_STATE_FILE)).then(
      (found) => found.isFile(),
      () => false,
    );
  }

  /** Where what was computed for the projection view is kept. The folder may not exist yet. */
  get projectionPath(): string {
    return path.join(this.path, 'projection');
  }

  /** Where what was computed for the attention view is kept. The folder may not exist yet. */
  get attentionPath(): string {
    return path.join(this.path, 'attention');
  }

  /** Where results of evaluations are kept. The folder may not exist yet. */
  get evaluationPath(): string {
    return path.join(this.path, 'evaluation');
  }

  /** Where lists of candidates are kept that were read from a file. The folder may not exist yet. */
  get candidatesPath(): string {
    return path.join(this.path, 'candidates');
  }

  /** Reads `run.json`. Throws RunReadError, and never passes on a manifest with a field that is not what its type says. */
  async readManifest(): Promise<RunManifest> {
    const file = path.join(this.path, MANIFEST_FILE);
    const missing = 'The run was partly deleted, or this is not a run directory.';
    const value = await readJsonFile(file, missing, MAX_MANIFEST_BYTES);
    checkSchemaVersion(file, value);
    const { data, error } = manifestSchema.safeParse(value);
    if (data === undefined) {
      throw new RunReadError(
        'run/corrupt',
        `${file}: the field \`${misfitOf(error)}\` is missing or has a wrong value. The file is damaged; the run cannot be shown.`,
      );
    }
    return data;
  }

  /**
   * Replaces `run.json` atomically. Throws RunWriteError (`disk/full`), and what `beforeReplacing` throws; the old file is
   * then intact.
   */
  async writeManifest(manifest: RunManifest, beforeReplacing?: () => void): Promise<void> {
    const content = `${stringifyRunJson(manifest, 2)}\n`;
    await writeFileAtomically(path.join(this.path, MANIFEST_FILE), content, beforeReplacing);
  }

  /**
   * Writes the manifest of a run that has ended. Where the disk is full it takes the place that the old one has, because
   * otherwise the run would be shown as one whose trainer died without saying why. Throws as `writeManifest` does.
   */
  async writeLastManifest(manifest: RunManifest, beforeReplacing?: () => void): Promise<void> {
    try {
      await this.writeManifest(manifest, beforeReplacing);
    } catch (error) {
      const isFull = error instanceof RunWriteError && error.code === 'disk/full';
      if (!isFull || !(await this.writeManifestInPlace(manifest))) throw error;
    }
  }

  /**
   * Without the indentation it mostly fits. Where the run has learned too much since the old one was written, all stays as it
   * is there but how the run ended. Returns whether either could be written.
   */
  private async writeManifestInPlace(manifest: RunManifest): Promise<boolean> {
    const { status, error, updatedAt, finishedAt } = manifest;
    const old = await this.readManifest().catch(() => null);
    if (old === null) return false;
    const manifestPath = path.join(this.path, MANIFEST_FILE);
    const file = await requirePlainFile(manifestPath)
      .then(() => open(manifestPath, 'r+'))
      .catch(() => null);
    if (file === null) return false;
    try {
      const { size } = await file.stat();
      for (const each of [manifest, { ...old, status, error, updatedAt, finishedAt }]) {
        const content = Buffer.from(`${stringifyRunJson(each)}\n`);
        if (!(await makeRoom(file, size, content.length))) continue;
        const rest = Buffer.alloc(Math.max(0, size - content.length), ' ');
        const bytes = Buffer.concat([content, rest]);
        await file.write(bytes, 0, bytes.length, 0);
        await file.sync();
        return true;
      }
      return false;
    } catch {
      // The full disk is what the caller has to hear.
      return false;
    } finally {
      await file.close();
    }
  }

  /** The resolved config that the run was started with, or last resumed with. Throws RunReadError. */
  async readConfig(): Promise<unknown> {
    const file = path.join(this.path, CONFIG_FILE);
    const config = await readJsonFile(file, 'The run was partly deleted and cannot be resumed.');
    if (!isRecord(config))
      throw new RunReadError('run/corrupt', `${file} contains no config. The file is damaged.`);
    return config;
  }

  /** Replaces the config, with which the run goes on. Only the trainer that holds the run may. Throws as `writeManifest` does. */
  async writeConfig(config: unknown, beforeReplacing?: () => void): Promise<void> {
    const content = `${stringifyRunJson(config, 2)}\n`;
    await writeFileAtomically(path.join(this.path, CONFIG_FILE), content, beforeReplacing);
  }

  /** Absolute path of the config file that `manifest` names; data paths in the config are relative to its folder. */
  resolveConfigPath(manifest: RunManifest): string {
    const workspaceFolder = workspaceFolderOf(path.dirname(this.path)) ?? path.dirname(this.path);
    return path.resolve(workspaceFolder, manifest.configPath);
  }

  /** Writes `evaluation/<name>.json` atomically. Throws RunWriteError, and what `beforeReplacing` throws. */
  async writeEvaluation(name: string, data: unknown, beforeReplacing?: () => void): Promise<void> {
    await makeFolder(this.evaluationPath);
    const file = path.join(this.evaluationPath, `${name}.json`);
    await writeFileAtomically(file, `${stringifyRunJson(data)}\n`, beforeReplacing);
  }

  /** What `writeEvaluation` wrote, or null when there is nothing of that name. Throws RunReadError when it is damaged. */
  async readEvaluation(name: string): Promise<unknown> {
    try {
      const file = path.join(this.evaluationPath, `${name}.json`);
      return await readJsonFile(file, '', MAX_EVALUATION_BYTES);
    } catch (error) {
      if (error instanceof RunReadError && error.code === 'run/missing') {
        return null;
      }
      throw error;
    }
  }

  /** Asks the trainer to save a checkpoint and end. Returns at once; see stopRun in src/process for waiting. */
  async requestStop(): Promise<void> {
    const request: ControlRequest = { kind: 'stop' };
    const folder = this.controlPath;
    await makeFolder(folder);
    const name = `${Date.now()}-${request.kind}-${randomBytes(2).toString('hex')}.json`;
    await writeFileAtomically(path.join(folder, name), `${stringifyRunJson(request)}\n`);
  }

  /**
   * Takes all waiting requests, oldest first, and removes them. An invalid request is removed and left out; what is no
   * plain file is left alone. Throws RunReadError when it cannot be known whether there are any; they then wait.
   */
  async takeRequests(): Promise<ControlRequest[]> {
    const names = await readFolder(this.controlPath);
    const requests: ControlRequest[] = [];
    for (const name of names.filter((entry) => entry.endsWith('.json')).sort()) {
      const file = path.join(this.controlPath, name);
      try {
        await requirePlainFile(file);
        const value = parseRunFile(await readFile(file, 'utf8'));
        if (isRecord(value) && value.kind === 'stop') {
          requests.push({ kind: 'stop' });
        }
      } catch (error) {
        // What cannot be read now may be read later. What is no request is removed below, so that it is looked at only once.
        if (systemErrorCode(error) !== null || error instanceof NotPlainError) continue;
      }
      await rm(file, { force: true }).catch(() => undefined);
    }
    return requests;
  }

  private get controlPath(): string {
    return path.join(this.path, 'control');
  }
}

function makeRunId(name: string, createdAt: number): string {
  const digits = new Date(createdAt).toISOString().replace(/\D/g, '');
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  const suffix = randomBytes(2).toString('hex');
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${slug === '' ? 'run' : slug}-${suffix}`;
}

/**
 * Whether so many bytes fit into a file on a full disk: its last block may have room. It is asked for with spaces at the end,
 * which mean nothing in JSON, so that what is there stays whole when there is none.
 */
async function makeRoom(file: FileHandle, size: number, wanted: number): Promise<boolean> {
  if (wanted <= size) return true;
  const spaces = Buffer.alloc(wanted - size, ' ');
  const written = await file.write(spaces, 0, spaces.length, size).then(
    ({ bytesWritten }) => bytesWritten,
    () => 0,
  );
  return written === spaces.length;
}

/** A path that still holds when the workspace is moved or looked at from another machine, where there is one. */
function portableConfigPath(configPath: string, runsDirectory: string): string {
  const absolute = path.resolve(configPath);
  const workspaceFolder = workspaceFolderOf(path.resolve(runsDirectory));
  if (workspaceFolder === null) {
    return absolute;
  }
  const relative = path.relative(workspaceFolder, absolute);
  const isBelow = !path.isAbsolute(relative) && relative.split(path.sep)[0] !== '..';
  return isBelow ? relative.split(path.sep).join('/') : absolute;
}

/** Runs do not belong into version control, and would make every later run count as one of a dirty tree. */
async function keepOutOfGit(runsDirectory: string): Promise<void> {
  if (workspaceFolderOf(path.resolve(runsDirectory)) !== null) {
    const file = path.join(runsDirectory, '..', '.gitignore');
    await writeFile(file, '*\n', { flag: 'wx' }).catch((error: unknown) => {
      if (systemErrorCode(error) !== 'EEXIST') {
        throw error;
      }
    });
  }
}

/** Names of what is in a folder; none where it does not exist. */
async function readFolder(folder: string): Promise<string[]> {
  try {
    await requirePlainFolder(folder);
    return await readdir(folder);
  } catch (error) {
    if (meansMissing(error)) return [];
    throw new RunReadError('run/unreadable', `${folder} cannot be read (${systemReason(error)}).`);
  }
}
