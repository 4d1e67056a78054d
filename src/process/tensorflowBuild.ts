import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runTool, ToolError, type ToolOptions } from './runTool';

/*
 * TensorFlow.js's binding, built against the TensorFlow of Python's wheel. Its own libtensorflow is from 2022, comes from
 * a server that many networks do not reach, and its GPU version wants CUDA 11.2; the wheel is current and brings CUDA.
 */

export const TENSORFLOW_VERSION = '2.21.0';
export const TFJS_NODE_VERSION = '4.22.0';
const NODE_API_HEADERS = 'node-api-headers@1.9.0';
const NODE_API_VERSION = 8;

/** A Python that there is a wheel for, where the one at hand is too new or too old; nothing of it is run. */
const FALLBACK_PYTHON = ['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311'];

export type TensorflowVariant = 'cpu' | 'gpu';

/** The binding's package of a variant. */
export function bindingPackage(variant: TensorflowVariant): string {
  return variant === 'gpu' ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
}

export interface BuildOptions {
  /** Folder whose `node_modules` has the binding's package, or gets it. */
  folder: string;
  variant: TensorflowVariant;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  onLine?: ((line: string) => void) | undefined;
  /** Hears what is being done, in a few words. */
  onStep?: ((step: string) => void) | undefined;
}

/**
 * Downloads TensorFlow's wheel with pip, takes the headers and libraries out of it, and compiles the binding with the
 * machine's C++ compiler. The GPU variant downloads CUDA's wheels as well, about 3 GB. Linux only.
 * @throws ToolError when pip or the compiler is missing, or something fails
 */
export async function buildTensorflow(options: BuildOptions): Promise<void> {
  const { folder, variant, onStep } = options;
  if (process.platform !== 'linux') {
    throw new ToolError('tool/missing', 'TensorFlow’s wheel has the libraries for this build only on Linux.');
  }
  const tool: ToolOptions = { ...options, cwd: folder };
  const python = await findPython(tool);
  const compiler = await findCompiler(tool);

  const packageFolder = path.join(folder, 'node_modules', bindingPackage(variant));
  if (!existsSync(packageFolder) || !existsSync(path.join(folder, 'node_modules/node-api-headers'))) {
    onStep?.('installing the binding');
    await npmInstall([`${bindingPackage(variant)}@${TFJS_NODE_VERSION}`, NODE_API_HEADERS], tool, [
      '--ignore-scripts',
    ]);
  }
  const wheels = path.join(folder, 'wheels');
  const dependencies = path.join(packageFolder, 'deps');
  await rm(dependencies, { recursive: true, force: true });
  try {
    onStep?.('downloading TensorFlow');
    const name = variant === 'gpu' ? 'tensorflow' : 'tensorflow-cpu';
    await downloadWheel(python, `${name}==${TENSORFLOW_VERSION}`, wheels, tool);
    onStep?.('unpacking TensorFlow');
    const required = await unpack(python, wheels, dependencies, tool);
    if (variant === 'gpu') {
      for (const [index, requirement] of required.entries()) {
        onStep?.(`downloading CUDA (${index + 1} of ${required.length})`);
        await downloadWheel(python, requirement, wheels, tool);
        await unpack(python, wheels, dependencies, tool);
      }
      await linkCuda(dependencies);
    }
  } finally {
    await rm(wheels, { recursive: true, force: true });
  }
  onStep?.('compiling the binding');
  await compile(compiler, packageFolder, path.join(folder, 'node_modules/node-api-headers/include'), tool);
}

/** Installs packages with npm into the folder it runs in. @throws ToolError */
export async function npmInstall(
  packages: readonly string[],
  tool: ToolOptions,
  flags: readonly string[] = [],
): Promise<void> {
  const manifest = path.join(tool.cwd, 'package.json');
  await mkdir(tool.cwd, { recursive: true });
  // Without one, npm would install into the next folder above that has one.
  if (!existsSync(manifest)) await writeFile(manifest, '{ "private": true }\n');
  try {
    await runTool('npm', ['install', '--no-audit', '--no-fund', ...flags, ...packages], tool);
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'tool/missing') throw error;
    throw new ToolError(
      'tool/missing',
      'npm is needed to install packages, and is not on the PATH. It comes with Node.js: install that from nodejs.org or with your version manager.',
    );
  }
}

async function findPython(tool: ToolOptions): Promise<string> {
  for (const program of ['python3', 'python']) {
    try {
      await runTool(program, ['-m', 'pip', '--version'], tool);
      return program;
    } catch (error) {
      if (error instanceof ToolError && error.code === 'tool/canceled') throw error;
    }
  }
  throw new ToolError(
    'tool/missing',
    'Python 3 with pip is needed to download TensorFlow. Install python3 and python3-pip (python3-venv does not include pip).',
  );
}

async function findCompiler(tool: ToolOptions): Promise<string> {
  const { CXX } = tool.env;
  for (const program of [...(CXX === undefined || CXX === '' ? [] : [CXX]), 'c++', 'g++', 'clang++']) {
    try {
      await runTool(program, ['--version'], tool);
      return program;
    } catch (error) {
      if (error instanceof ToolError && error.code === 'tool/canceled') throw error;
    }
  }
  throw new ToolError(
    'tool/missing',
    'A C++ compiler is needed to build the binding. Install g++ or clang++ (Debian: build-essential).',
  );
}

async function downloadWheel(
  python: string,
  requirement: string,
  folder: string,
  tool: ToolOptions,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const download = [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--dest',
    folder,
    requirement,
  ];
  try {
    await runTool(python, download, tool);
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'tool/failed') throw error;
    const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
    const platform = ['2_17', '2_27', '2_28'].flatMap((glibc) => [
      '--platform',
      `manylinux_${glibc}_${architecture}`,
    ]);
    await runTool(python, [...download, ...FALLBACK_PYTHON, ...platform], tool);
  }
}

/**
 * Takes out of the wheels in a folder what the binding needs: TensorFlow's C headers and libraries, and all of `nvidia`,
 * laid out so that TensorFlow finds it from where its libraries lie. Prints what the extra `and-cuda` requires.
 */
const UNPACK = `
import os, re, shutil, sys, zipfile
wheels, target = sys.argv[1:]
headers = ('tensorflow/c/', 'tensorflow/core/platform/', 'xla/tsl/', 'tsl/platform/')
for name in sorted(os.listdir(wheels)):
    with zipfile.ZipFile(os.path.join(wheels, name)) as wheel:
        for entry in wheel.namelist():
            place = None
            if entry.endswith('/'):
                continue
            if entry.startswith('tensorflow/include/') and entry[19:].startswith(headers):
                place = 'include/' + entry[19:]
            elif re.fullmatch(r'tensorflow/libtensorflow_(cc|framework)\\.so\\.2', entry):
                place = 'lib/' + os.path.basename(entry)
            elif entry.startswith('nvidia/') and '/include/' not in entry:
                place = entry
            elif name.startswith('tensorflow') and entry.endswith('.dist-info/METADATA'):
                for line in wheel.read(entry).decode().splitlines():
                    match = re.fullmatch(r'Requires-Dist: (.+?); extra == .and-cuda.', line)
                    if match:
                        print(match[1].strip())
            if place is not None:
                file = os.path.join(target, *place.split('/'))
                os.makedirs(os.path.dirname(file), exist_ok=True)
                with wheel.open(entry) as source, open(file, 'wb') as sink:
                    shutil.copyfileobj(source, sink, 1 << 20)
`;

async function unpack(python: string, wheels: string, target: string, tool: ToolOptions): Promise<string[]> {
  const output = await runTool(python, ['-c', UNPACK, wheels, target], { ...tool, onLine: undefined });
  return output.split('\n').filter((line) => line !== '');
}

/** Puts CUDA's libraries beside TensorFlow's, where it finds them whichever of its paths a version looks along. */
async function linkCuda(dependencies: string): Promise<void> {
  const nvidia = path.join(dependencies, 'nvidia');
  for (const part of await readdir(nvidia)) {
    const libraries = await readdir(path.join(nvidia, part, 'lib')).catch(() => []);
    for (const library of libraries.filter((name) => name.includes('.so'))) {
      const link = path.join(dependencies, 'lib', library);
      if (!existsSync(link)) await symlink(path.join('..', 'nvidia', part, 'lib', library), link);
    }
  }
}

/** What node-gyp would do here is two files and these flags; this way it needs no headers from nodejs.org. */
async function compile(
  compiler: string,
  packageFolder: string,
  nodeHeaders: string,
  tool: ToolOptions,
): Promise<void> {
  const output = path.join(packageFolder, 'lib', `napi-v${NODE_API_VERSION}`);
  await mkdir(output, { recursive: true });
  const sources = (await readdir(path.join(packageFolder, 'binding')))
    .filter((name) => name.endsWith('.cc'))
    .map((name) => `binding/${name}`);
  await runTool(
    compiler,
    [
      ...['-std=c++17', '-O2', '-shared', '-fPIC', '-w', `-DNAPI_VERSION=${NODE_API_VERSION}`],
      // The sources include each other by the path from the folder above.
      ...['-I', nodeHeaders, '-I', '..', '-I', 'deps/include'],
      ...sources,
      ...['-L', 'deps/lib', '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
      // The old kind of path holds also for what TensorFlow loads later.
      '-Wl,--disable-new-dtags,-rpath,$ORIGIN/../../deps/lib',
      ...['-o', path.join(output, 'tfjs_binding.node')],
    ],
    { ...tool, cwd: packageFolder },
  );
}
