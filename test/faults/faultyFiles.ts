import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FAULT_VARIABLE, type FaultPlan } from './faultPlan';

/*
 * Loaded into a trainer with `node --require`: wraps the calls by which it uses files, so that the n-th one kills the process,
 * fails, or does only half of its work. The product knows nothing of it. What native code does with files is not seen.
 */

type Call = (this: unknown, ...args: unknown[]) => unknown;
type Calls = Record<string, Call>;

const CHANGING = [
  'mkdir',
  'writeFile',
  'appendFile',
  'rename',
  'rm',
  'unlink',
  'rmdir',
  'truncate',
  'copyFile',
];
const READING = ['readFile', 'readdir', 'stat', 'lstat'];
const OF_DESCRIPTORS = { change: ['write', 'ftruncate', 'fsync'], read: ['read', 'fstat'] };
const OF_HANDLES = {
  change: ['writeFile', 'write', 'sync', 'datasync', 'truncate'],
  read: ['readFile', 'read', 'stat'],
};
/** Where the target comes second. */
const MOVING = ['rename', 'copyFile'];

const plan = JSON.parse(process.env[FAULT_VARIABLE] ?? 'null') as FaultPlan | null;
if (plan !== null) {
  // Processes that the trainer starts are themselves.
  Reflect.deleteProperty(process.env, FAULT_VARIABLE);
  pretend(plan);
  wrapFiles(plan);
}

function pretend({ host, clock }: FaultPlan): void {
  if (host !== undefined) os.hostname = () => host;
  if (clock !== undefined) {
    const { now } = Date;
    const started = performance.now();
    Date.now = () => now() + (performance.now() - started >= clock.afterMs ? clock.stepMs : 0);
  }
}

function wrapFiles(plan: FaultPlan): void {
  let count = 0;
  const original = { ...fs };
  const paths = new Map<number, string>();
  const handlePaths = new WeakMap<object, string>();

  /** Whether it happens at this call. */
  const isHit = (kind: FaultPlan['calls'], name: string, target: unknown): target is string => {
    if (kind !== plan.calls || typeof target !== 'string') return false;
    const place = path.resolve(target);
    if (!place.startsWith(plan.root) || (plan.match !== undefined && !place.includes(plan.match)))
      return false;
    count++;
    if (plan.log !== undefined) {
      const log = original.openSync(plan.log, 'a');
      original.writeSync(log, `${count} ${name} ${path.relative(plan.root, place)}\n`);
      original.closeSync(log);
    }
    if (plan.at === undefined) return false;
    return plan.forGood === true ? count >= plan.at : count === plan.at;
  };

  const die = (): never => {
    process.kill(process.pid, 'SIGKILL');
    throw new Error('unreachable');
  };

  /** What happens instead of, before or after a call. */
  const strike = (
    name: string,
    target: string,
    tear: () => void,
    work: () => unknown,
    isSync: boolean,
  ): unknown => {
    switch (plan.action) {
      case 'fail': {
        const code = plan.code ?? 'EIO';
        const error = new Error(`${code}: injected, ${name} '${target}'`);
        throw Object.assign(error, { code, errno: -os.constants.errno[code], syscall: name, path: target });
      }
      case 'kill before':
        return die();
      case 'tear':
        tear();
        return die();
      case 'kill after': {
        const result = work();
        return isSync ? die() : Promise.resolve(result).then(die, die);
      }
      case 'freeze':
        process.kill(process.pid, 'SIGSTOP');
        return work();
      case 'none':
        return work();
    }
  };

  const tearFile = (file: string, data: unknown, flag: unknown): void => {
    const bytes = typeof data === 'string' ? Buffer.from(data) : (data as Buffer);
    const descriptor = original.openSync(file, typeof flag === 'string' ? flag : 'w');
    original.writeSync(descriptor, bytes.subarray(0, bytes.length >> 1));
  };
  const tearRemoval = (place: string): void => {
    if (!original.existsSync(place) || !original.statSync(place).isDirectory()) return;
    const names = original.readdirSync(place);
    for (const name of names.slice(0, (names.length + 1) >> 1))
      original.rmSync(path.join(place, name), { recursive: true });
  };

  const wrapNamed = (calls: Calls, name: string, kind: FaultPlan['calls'], isSync: boolean): void => {
    const key = isSync ? `${name}Sync` : name;
    const real = calls[key]!;
    calls[key] = function (...args) {
      const target = args[MOVING.includes(name) ? 1 : 0];
      const work = () => real.apply(this, args);
      if (!isHit(kind, name, target)) return work();
      const tear = () => {
        if (name === 'writeFile') tearFile(target, args[1], (args[2] as { flag?: string } | undefined)?.flag);
        if (name === 'rm') tearRemoval(target);
      };
      return settle(() => strike(name, target, tear, work, isSync), isSync);
    };
  };

  const promises = fs.promises as unknown as Calls;
  const sync = fs as unknown as Calls;
  for (const calls of [promises, sync])
    for (const [kind, names] of [
      ['change', CHANGING],
      ['read', READING],
    ] as const)
      for (const name of names) wrapNamed(calls, name, kind, calls === sync);

  const kindOf = (flags: unknown): FaultPlan['calls'] =>
    typeof flags === 'string' && /[wa+]/.test(flags) ? 'change' : 'read';

  const { open } = original.promises;
  promises.open = function (...args) {
    const [target, flags] = args as Parameters<typeof open>;
    const work = async () => {
      const handle = await open(target, flags);
      if (typeof target === 'string') handlePaths.set(handle, target);
      wrapHandles(Object.getPrototypeOf(handle) as Calls);
      return handle;
    };
    if (!isHit(kindOf(flags), 'open', target)) return work();
    return settle(() => strike('open', target, () => undefined, work, false), false);
  };
  sync.openSync = function (...args) {
    const [target, flags] = args as Parameters<typeof fs.openSync>;
    const work = () => {
      const descriptor = original.openSync(target, flags);
      if (typeof target === 'string') paths.set(descriptor, target);
      return descriptor;
    };
    return isHit(kindOf(flags), 'open', target)
      ? strike('open', target, () => undefined, work, true)
      : work();
  };
  for (const [kind, names] of Object.entries(OF_DESCRIPTORS) as [FaultPlan['calls'], string[]][]) {
    for (const name of names) {
      const real = sync[`${name}Sync`]!;
      sync[`${name}Sync`] = function (...args) {
        const target = paths.get(args[0] as number);
        const work = () => real.apply(this, args);
        const tear = () => {
          const bytes = args[1] as Buffer;
          if (name === 'write') original.writeSync(args[0] as number, bytes.subarray(0, bytes.length >> 1));
        };
        return isHit(kind, name, target) ? strike(name, target, tear, work, true) : work();
      };
    }
  }

  let handlesAreWrapped = false;
  const wrapHandles = (prototype: Calls): void => {
    if (handlesAreWrapped) return;
    handlesAreWrapped = true;
    for (const [kind, names] of Object.entries(OF_HANDLES) as [FaultPlan['calls'], string[]][]) {
      for (const name of names) {
        const real = prototype[name]!;
        prototype[name] = function (...args) {
          const target = handlePaths.get(this as object);
          const work = () => real.apply(this, args);
          if (!isHit(kind, name, target)) return work();
          const tear = () => {
            if (name.startsWith('write')) tearFile(target, args[0], 'a');
          };
          return settle(() => strike(name, target, tear, work, false), false);
        };
      }
    }
  };
}

/** What an asynchronous call throws, it rejects with. */
function settle(work: () => unknown, isSync: boolean): unknown {
  if (isSync) return work();
  return new Promise((resolve) => resolve(work()));
}
