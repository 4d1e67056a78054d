import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Participant, Unavailable, type Command } from './participant';

/** What PyTorch is called in tables: as it runs line by line, and as `torch.compile` makes it. */
const PEERS = { torch: 'PyTorch', 'torch-compiled': 'PyTorch, compiled' };

export type Peer = keyof typeof PEERS;

/** What `npm run bench` was asked for, as far as it concerns the tensor benchmarks. */
export function readOptions() {
  const { values } = parseArgs({
    options: {
      work: { type: 'string', default: '' },
      engine: { type: 'string', default: 'native,wasm' },
      peer: { type: 'string' },
      steps: { type: 'string', default: '30' },
      threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
      'min-length': { type: 'string' },
      markdown: { type: 'boolean', default: false },
    },
    strict: false,
  }) as { values: { work: string; engine: string; peer?: string; steps: string; threads: string } & Flags };
  const peers = values.peer?.split(',') ?? [];
  const unknown = peers.find((name) => !(name in PEERS));
  if (unknown !== undefined)
    throw new Error(`The peers are ${Object.keys(PEERS).join(' and ')}, and not ${unknown}.`);
  return {
    works: values.work.split(','),
    engines: values.engine.split(','),
    peers: peers as Peer[],
    steps: Number(values.steps),
    threads: Number(values.threads),
    minLength: values['min-length'],
    markdown: values.markdown,
  };
}

interface Flags {
  'min-length'?: string;
  markdown: boolean;
}

export type Options = ReturnType<typeof readOptions>;

/** Our side: test/bench/engine.ts, which scripts/bench.mjs has bundled beside this file. */
export function engineCommand(engine: string, work: string, { threads, minLength }: Options): Command {
  const bundle = path.join(import.meta.dirname, 'engine.cjs');
  const args = [bundle, work, engine, String(threads), ...(minLength === undefined ? [] : [minLength])];
  return { name: engine, program: process.execPath, args };
}

/**
 * Starts the PyTorch side; without it there is nothing to compare, so the benchmark ends if it cannot be started.
 * @param problem folder with what an engine has exported
 */
export async function startTorch(
  peer: Peer,
  problem: string,
  work: string,
  { threads }: Options,
): Promise<Participant> {
  const program = process.env.RECSIGHT_BENCH_PYTHON ?? 'python3';
  try {
    return await Participant.start({
      name: PEERS[peer],
      program,
      args: [path.resolve('test/bench/torch/peer.py'), work, problem, String(threads), peer],
      env: { PYTHONDONTWRITEBYTECODE: '1', OMP_NUM_THREADS: String(threads) },
    });
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    console.error(
      `PyTorch does not start with ${program}; RECSIGHT_BENCH_PYTHON names another Python.\n${error.message}`,
    );
    process.exit(1);
  }
}

/** A folder that is gone when this process is. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'recsight-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
