import { builtinModules } from 'node:module';
import type { Node } from 'acorn';
import type { ParsedCode } from './parseCode';

/** Something that a file imports. */
export interface Import {
  specifier: string;
  /** Of its text. */
  node: Node;
}

/** What a file imports, in its order; what is computed when it runs cannot be known. */
export function importsOf({ program }: ParsedCode): Import[] {
  const imports: Import[] = [];
  const add = (node: unknown): void => {
    const { value } = node as { value?: unknown };
    if (typeof value === 'string') imports.push({ specifier: value, node: node as Node });
  };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (typeof value !== 'object' || value === null || !('type' in value)) return;
    const node = value as Node & Record<string, unknown>;
    const isImport = /^(ImportDeclaration|ImportExpression|Export(Named|All)Declaration)$/.test(node.type);
    if (isImport && node.source !== null) add(node.source);
    const { callee, arguments: given } = node as { callee?: { name?: unknown }; arguments?: unknown[] };
    if (node.type === 'CallExpression' && callee?.name === 'require') add(given?.[0] ?? {});
    Object.values(node).forEach(visit);
  };
  visit(program);
  return imports;
}

/** Whether a file imports another of the user's own. */
export function isRelative(specifier: string): boolean {
  return specifier.startsWith('./') || specifier.startsWith('../') || specifier === '.' || specifier === '..';
}

/** Whether it is a module of Node.js. */
export function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}

/** `@scope/name` of `@scope/name/part`. */
export function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** The paths that an import of a path may mean, best first: endings may be left out, and are those of the compiled files. */
export function candidatesOf(path: string): string[] {
  const compiled = /\.(m?)js$/.test(path) ? [path.replace(/\.(m?)js$/, '.$1ts')] : [];
  const endings = ['.ts', '.mts', '.js', '.mjs', '.json', '/index.ts', '/index.js'];
  return [path, ...compiled, ...endings.map((ending) => `${path}${ending}`)];
}
