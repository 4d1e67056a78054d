import type { TaskProgress } from '../../src/protocol/inspection';

export interface ResourceError {
  message: string;
  code: string | null;
}

/** Something that a page asked the extension for; the answer is kept until another one has come in its place. */
export interface Resource<Value> {
  /** Names what is wanted now. */
  key: string;
  /** The newest answer, which may still be to an earlier question. */
  value: Value | null;
  /** What the answer is to. */
  valueKey: string | null;
  status: 'loading' | 'ready' | 'failed';
  error: ResourceError | null;
}

export type Resources<Values> = { readonly [Name in keyof Values]: Resource<Values[Name]> | null };

/** One thing to ask for. The same key asks for the same. */
export interface Wanted<Host, Values> {
  name: keyof Values;
  key: string;
  /** @param task names the call, for its progress and to cancel it */
  ask: (host: Host, task: string) => Promise<Values[keyof Values]>;
}

export type ResourceAction<Values> =
  | { kind: 'asked'; name: keyof Values; key: string }
  | { kind: 'answered'; name: keyof Values; key: string; value: Values[keyof Values] }
  | { kind: 'failed'; name: keyof Values; key: string; error: ResourceError }
  | { kind: 'progressed'; key: string; progress: TaskProgress };

/** The answer to what is wanted now; null while there is none. */
export function current<Value>(resource: Resource<Value> | null): Value | null {
  return resource !== null && resource.key === resource.valueKey ? resource.value : null;
}

/** Resources after one of them was asked for, answered or failed; the same object where another thing is wanted by now. */
export function reduceResources<Values>(
  resources: Resources<Values>,
  action: Exclude<ResourceAction<Values>, { kind: 'progressed' }>,
): Resources<Values> {
  const { name, key } = action;
  const before = resources[name];
  if (action.kind !== 'asked' && before?.key !== key) return resources;
  const { value, valueKey } = before ?? { value: null, valueKey: null };
  const after = ((): Resource<unknown> => {
    switch (action.kind) {
      case 'asked':
        return { key, value, valueKey, status: 'loading', error: null };
      case 'answered':
        return { key, value: action.value, valueKey: key, status: 'ready', error: null };
      case 'failed':
        return { key, value, valueKey, status: 'failed', error: action.error };
    }
  })();
  return { ...resources, [name]: after };
}

/** Without those that failed: they are asked for again. */
export function withoutFailed<Values>(resources: Resources<Values>): Resources<Values> {
  const kept = { ...resources };
  for (const name of Object.keys(resources) as (keyof Values)[]) {
    if (kept[name]?.status === 'failed') Object.assign(kept, { [name]: null });
  }
  return kept;
}
