import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Script } from 'node:vm';
import * as tf from '@tensorflow/tfjs-core';
import { transform } from 'sucrase';
import { keptFilePath } from '../runs/keptCode';
import { CodeError } from './codeError';
import { requireConsent } from './consent';
import { rememberSource, userError } from './describeFailure';
import { candidatesOf, isBuiltin, isRelative, packageName } from './imports';
import { hasTypes } from './parseCode';
import { PROVIDED } from './provided';
import type { RunCode } from './runCode';
import * as v1 from './v1';

/*
 * Runs code of the user, from the text that the run keeps. Only the trainer and the inspector import this.
 */

/** Frames of tensor libraries lie between the user's and where an error is found. */
const STACK_FRAMES = 200;

type Loaded = Record<string, unknown>;

/** Runs the files of a run's code that are asked for, each once, as modules of this process. */
export class UserCode {
  readonly #modules = new Map<string, { exports: Loaded }>();

  private constructor(private readonly code: RunCode) {}

  /** @throws CodeError where the user has not agreed to run this code */
  static async open(code: RunCode): Promise<UserCode> {
    await requireConsent(code);
    Error.stackTraceLimit = Math.max(Error.stackTraceLimit, STACK_FRAMES);
    return new UserCode(code);
  }

  /**
   * What the file of a model or metric exports by default.
   * @param name as the config has it
   * @throws CodeError with the place, when the file cannot be run
   */
  load(name: string): unknown {
    const file = this.code.entries[name];
    if (file === undefined) throw new CodeError('code/missing', `The run keeps no code of \`${name}\`.`);
    try {
      return this.#require(file).default;
    } catch (error) {
      throw userError(error, file);
    }
  }

  #require(file: string): Loaded {
    const known = this.#modules.get(file);
    if (known !== undefined) return known.exports;
    const module = { exports: {} as Loaded };
    this.#modules.set(file, module);
    try {
      this.#run(file, module);
    } catch (error) {
      this.#modules.delete(file);
      throw error;
    }
    return module.exports;
  }

  #run(file: string, module: { exports: Loaded }): void {
    const text = this.code.files.get(file)!;
    if (file.endsWith('.json')) {
      module.exports = { default: JSON.parse(text) as unknown, __esModule: true };
      return;
    }
    const shown = this.#shownPath(file, text);
    const { code, sourceMap } = transform(text, {
      transforms: [...(hasTypes(file) ? (['typescript'] as const) : []), 'imports'],
      disableESTransforms: true,
      filePath: shown,
      sourceMapOptions: { compiledFilename: shown },
    });
    rememberSource(shown, file, sourceMap!);
    // A debugger finds the user's file by this.
    const map = Buffer.from(JSON.stringify(sourceMap)).toString('base64');
    const wrapped = `(function (exports, require, module, __filename, __dirname) {${code}\n})\n//# sourceMappingURL=data:application/json;base64,${map}`;
    const script = new Script(wrapped, { filename: shown, columnOffset: -WRAPPER_LENGTH });
    const call = script.runInThisContext() as (...given: unknown[]) => void;
    const workspaceFile = path.join(this.code.workspaceFolder, file);
    const require = (specifier: string): unknown => this.#import(specifier, file, workspaceFile);
    call(module.exports, require, module, workspaceFile, path.dirname(workspaceFile));
  }

  /** The user's own file, where it is still what the run keeps: that is what they would open. */
  #shownPath(file: string, text: string): string {
    const workspaceFile = path.join(this.code.workspaceFolder, file);
    try {
      if (readFileSync(workspaceFile, 'utf8') === text) return workspaceFile;
    } catch {
      // It is gone.
    }
    return keptFilePath(this.code.run.path, file);
  }

  #import(specifier: string, importer: string, workspaceFile: string): unknown {
    const provided = PROVIDED.find((name) => name === specifier);
    if (provided !== undefined) return provided === 'recsight/v1' ? v1 : tf;
    if (!isRelative(specifier)) {
      this.#requirePackage(specifier);
      // Packages are those that the files found where they were written.
      return createRequire(workspaceFile)(specifier) as unknown;
    }
    const wanted = path.posix.join(path.posix.dirname(importer), specifier);
    const found = candidatesOf(wanted).find((candidate) => this.code.files.has(candidate));
    if (found !== undefined) return this.#require(found);
    throw new Error(
      `\`${specifier}\` is not among the files that the run keeps: imports must be written out as literals`,
    );
  }

  /** The user has agreed to the packages that the run names, and to no others. */
  #requirePackage(specifier: string): void {
    if (isBuiltin(specifier)) return;
    const name = packageName(specifier);
    const leadsOut = specifier.split(/[\\/]/).includes('..');
    if (!leadsOut && this.code.packages.some((known) => known.name === name)) return;
    throw new Error(
      `The package \`${name}\`, asked for as \`${specifier}\`, is not among those that the run names: imports must be written out as literals`,
    );
  }
}

const WRAPPER_LENGTH = '(function (exports, require, module, __filename, __dirname) {'.length;
