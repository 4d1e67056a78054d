import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { BACKEND_NAMES } from '../../src/compute/backends/backend';
import { startOnly } from '../../src/compute/engine';
import type { Block, Greeting, Request } from './protocol';
import type { Problem } from './work';
import { createWork } from './works';

/*
 * Our side of a measurement: `engine.cjs WORK ENGINE THREADS [MIN_LENGTH]`. Answers the lines of its input (protocol.ts) and
 * sleeps in between.
 */

const [workName = '', engineName = '', threads = '', minLength] = process.argv.slice(2);
process.env.TF_NUM_INTRAOP_THREADS = threads;

void main();

async function main(): Promise<void> {
  const name = BACKEND_NAMES.find((candidate) => candidate === engineName);
  if (name === undefined) {
    answer({ unavailable: `There are only these engines: ${BACKEND_NAMES.join(', ')}.` });
    return;
  }
  let greeting: Greeting;
  try {
    const backend = await startOnly(name, {
      assets: __dirname,
      searchPaths: [process.cwd()],
      threads: Number(threads),
      onWarning: (warning) => console.error(warning),
    });
    greeting = { ready: `${backend.device}, ${backend.version}`, threads: backend.threads };
  } catch (error) {
    answer({ unavailable: error instanceof Error ? error.message : String(error) });
    return;
  }
  const work = createWork(workName, minLength === undefined ? null : Number(minLength));
  answer(greeting);

  let idleSince = process.cpuUsage();
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request;
    if ('export' in request) {
      await writeProblem(request.export, work.problem());
      answer({});
      continue;
    }
    const idle = process.cpuUsage(idleSince);
    const before = process.cpuUsage();
    const block: Block = { ms: [], losses: [], processorMs: 0, idleProcessorMs: milliseconds(idle) };
    const blockStarted = performance.now();
    do {
      const started = performance.now();
      block.losses.push(await work.step());
      block.ms.push(performance.now() - started);
    } while (block.ms.length < request.steps && performance.now() - blockStarted < 1000 * request.seconds);
    block.processorMs = milliseconds(process.cpuUsage(before));
    idleSince = process.cpuUsage();
    answer(block);
  }
  // Threads of an engine must not keep the process alive.
  process.exit();
}

function answer(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

/** As torch/problem.py reads it: a description and the plain values. */
async function writeProblem(folder: string, { settings, tensors }: Problem): Promise<void> {
  let offset = 0;
  const descriptions = [...tensors].map(([name, { shape, values }]) => {
    const dtype = values instanceof Int32Array ? 'int32' : 'float32';
    const description = { name, dtype, shape, offset };
    offset += values.byteLength;
    return description;
  });
  const bytes = [...tensors.values()].map(
    ({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  );
  await writeFile(path.join(folder, 'tensors.bin'), Buffer.concat(bytes));
  await writeFile(path.join(folder, 'tensors.json'), JSON.stringify({ settings, tensors: descriptions }));
}
