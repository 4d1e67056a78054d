import { expect, test } from 'vitest';
import { ResourceLoader } from '../../../webview/ui/resourceLoader';
import {
  current,
  reduceResources,
  withoutFailed,
  type ResourceAction,
  type Resources,
  type Wanted,
} from '../../../webview/ui/resources';

interface Values {
  table: string;
  layout: string;
}
interface State {
  table: string;
  resources: Resources<Values>;
}

/** A host whose answers are given by hand. */
class Host {
  readonly answers = new Map<string, (value: string) => void>();
  readonly refusals = new Map<string, (error: Error) => void>();
  readonly canceled: string[] = [];

  ask(what: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.answers.set(what, resolve);
      this.refusals.set(what, reject);
    });
  }

  cancel(task: string): Promise<void> {
    this.canceled.push(task.split(' ')[0]!);
    return Promise.resolve();
  }
}

function wantedResources({ table, resources }: State): Wanted<Host, Values>[] {
  const wanted: Wanted<Host, Values>[] = [{ name: 'table', key: table, ask: (host) => host.ask(table) }];
  const known = current(resources.table);
  if (known !== null) {
    wanted.push({ name: 'layout', key: `${known}-layout`, ask: (host) => host.ask(`${known}-layout`) });
  }
  return wanted;
}

function reduce(state: State, action: ResourceAction<Values>): State {
  if (action.kind === 'progressed') return state;
  return { ...state, resources: reduceResources(state.resources, action) };
}

function opened() {
  const host = new Host();
  const actions: string[] = [];
  const loader = new ResourceLoader<Host, Values, State>({
    host,
    wantedResources,
    reduce,
    dispatch: (action) => {
      actions.push(action.kind);
      page.state = loader.update(reduce(page.state, action));
    },
    long: ['layout'],
    onProblem: (message) => actions.push(message),
  });
  const page = {
    host,
    actions,
    loader,
    state: { table: 'a', resources: { table: null, layout: null } } as State,
  };
  page.state = loader.update(page.state);
  return page;
}

const answered = () => new Promise((resolve) => setImmediate(resolve));

test('what is wanted is asked for once, and what an answer makes wanted after it', async () => {
  const page = opened();
  page.state = page.loader.update(page.state);
  expect([...page.host.answers.keys()]).toEqual(['a']);
  expect(page.actions).toEqual([]);
  page.host.answers.get('a')!('A');
  await answered();
  expect([...page.host.answers.keys()]).toEqual(['a', 'A-layout']);
  expect(page.state.resources.layout!.status).toBe('loading');
});

test('an answer to what is wanted no more changes nothing, and long work for it is ended', async () => {
  const page = opened();
  page.host.answers.get('a')!('A');
  await answered();
  page.state = page.loader.update({ ...page.state, table: 'b' });
  expect(page.host.canceled).toEqual(['layout']);
  page.host.answers.get('b')!('B');
  await answered();
  page.host.answers.get('A-layout')!('late');
  await answered();
  expect(page.state.resources.layout).toMatchObject({ key: 'B-layout', value: null, status: 'loading' });
});

test('what failed stays so until it is tried again', async () => {
  const page = opened();
  page.host.refusals.get('a')!(Object.assign(new Error('No.'), { code: 'inspection/cut' }));
  await answered();
  expect(page.state.resources.table).toMatchObject({
    status: 'failed',
    error: { message: 'No.', code: 'inspection/cut' },
  });
  page.host.answers.clear();
  page.state = page.loader.update(page.state);
  expect(page.host.answers.size).toBe(0);
  page.state = page.loader.update({ ...page.state, resources: withoutFailed(page.state.resources) });
  expect([...page.host.answers.keys()]).toEqual(['a']);
});
