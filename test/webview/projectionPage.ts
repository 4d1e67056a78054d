import type {
  InspectionFocus,
  InspectionPanelView,
  ProjectionPanelHost,
} from '../../src/protocol/inspectionPanel';
import type { ProjectionBookmark, ProjectionExport, UmapRequest } from '../../src/protocol/projection';
import { ExampleRun } from './projectionExample';
import { type PageOptions, WebviewPages, type OpenWebview } from './webviewPages';

export type OpenProjection = OpenWebview<InspectionPanelView, ProjectionPanelHost>;

/** Steps of the example's UMAP, with a layout after each. */
const UMAP_STEPS = 10;

/** The extension's side, played by the test: it has the first run's panel open, and knows the others. */
export class ProjectionHost {
  readonly runs: readonly ExampleRun[];
  readonly calls: string[] = [];
  readonly saved: { fileName: string; content: string | ArrayBuffer }[] = [];
  readonly opened: { view: string; run: string; focus: InspectionFocus }[] = [];
  readonly exported: Omit<ProjectionExport, 'output'>[] = [];
  bookmarks: ProjectionBookmark[] = [];
  focus: InspectionFocus | null = null;
  /** Calls by name that fail with it. */
  /** Titles of runs by their directory, where they are not their names. */
  titles: Readonly<Record<string, string>> = {};
  failures: Partial<Record<string, Error>> = {};
  /** Called before each layout of UMAP, which waits for it. */
  beforeUmapStep: () => Promise<void> = () => new Promise((resolve) => setImmediate(resolve));
  onProgress: InspectionPanelView['progress'] = () => undefined;
  readonly #canceled = new Set<string>();

  constructor(...runs: ExampleRun[]) {
    this.runs = runs;
  }

  static of(numItems: number, seed = 3): ProjectionHost {
    return new ProjectionHost(new ExampleRun('/runs/sasrec-movies', 'sasrec-movies', numItems, seed));
  }

  get first(): ExampleRun {
    return this.runs[0]!;
  }

  #find(run: string): ExampleRun {
    const found = this.runs.find((example) => example.run.run === run);
    if (!found) throw new Error(`There is no run ${run}.`);
    return found;
  }

  /** Notes a call and answers it. */
  #answer<Value>(name: string, value: () => Value | Promise<Value>): Promise<Value> {
    this.calls.push(name);
    const failure = this.failures[name];
    return failure ? Promise.reject(failure) : Promise.resolve().then(value);
  }

  readonly functions: ProjectionPanelHost = {
    hydrate: () =>
      this.#answer('hydrate', () => ({
        run: this.first.run.run,
        runs: this.runs.map(({ run }) => ({
          run: run.run,
          title: this.titles[run.run] ?? run.name,
          model: run.model,
          createdAt: 0,
        })),
        focus: this.focus,
      })),
    describeRun: (run) => this.#answer('describeRun', () => this.#find(run).run),
    findUsers: (run, text, limit) => this.#answer('findUsers', () => this.#find(run).findUsers(text, limit)),
    findItems: (run, text, limit) => this.#answer('findItems', () => this.#find(run).findItems(text, limit)),
    userHistory: () => Promise.reject(new Error('The projection page asks for paths.')),
    embeddingTables: ({ run }) => this.#answer('embeddingTables', () => this.#find(run).tables()),
    points: (source, sampling) =>
      this.#answer('points', () => this.#find(source.run).points(source, sampling)),
    pca: (source, sampling, request) =>
      this.#answer('pca', () => this.#find(source.run).pca(source, sampling, request)),
    umap: (source, sampling, request, task) =>
      this.#answer('umap', async () => {
        const { coordinates } = this.#find(source.run).pca(source, sampling, {
          components: [0, 1, 2].slice(0, request.dimensions),
        });
        return this.#layOut(coordinates, request, task);
      }),
    cancel: (task) =>
      this.#answer('cancel', () => {
        this.#canceled.add(task);
      }),
    neighbors: (source, query, metric, k) =>
      this.#answer('neighbors', () => this.#find(source.run).neighbors(source, query, metric, k)),
    clusters: (source, sampling, k) =>
      this.#answer('clusters', () => this.#find(source.run).clusters(source, sampling, k)),
    recommendationCounts: (source, sampling, k) =>
      this.#answer('recommendationCounts', () => this.#find(source.run).recommendationCounts(sampling, k)),
    statistics: (source) => this.#answer('statistics', () => this.#find(source.run).statistics(source)),
    selection: (source, rows) =>
      this.#answer('selection', () => this.#find(source.run).selection(source, rows)),
    userPath: ({ run }, user, k) => this.#answer('userPath', () => this.#find(run).userPath(user, k)),
    compare: (first, second, sampling, request) =>
      this.#answer('compare', () =>
        this.#find(first.run).compare(first, this.#find(second.run).table(second), sampling, request),
      ),
    exportTable: (request, fileName) =>
      this.#answer('exportTable', () => {
        this.exported.push(request);
        return [`/exports/${fileName}`];
      }),
    bookmarks: () => this.#answer('bookmarks', () => this.bookmarks),
    saveBookmarks: (_run, bookmarks) =>
      this.#answer('saveBookmarks', () => {
        this.bookmarks = bookmarks;
      }),
    save: (fileName, content) =>
      this.#answer('save', () => {
        this.saved.push({ fileName, content });
      }),
    openView: (view, run, focus) =>
      this.#answer('openView', () => {
        this.opened.push({ view, run, focus });
      }),
  };

  /** Clusters that drift apart step by step: what a layout does, without its work. */
  async #layOut(start: Float32Array, { dimensions }: UmapRequest, task: string) {
    let coordinates = start;
    for (let step = 1; step <= UMAP_STEPS; step++) {
      await this.beforeUmapStep();
      if (this.#canceled.has(task)) {
        throw Object.assign(new Error('UMAP was canceled.'), { code: 'inspection/canceled' });
      }
      const share = step / UMAP_STEPS;
      const genres = this.first.genres;
      coordinates = start.map((value, i) => {
        const angle = (2 * Math.PI * genres[Math.floor(i / dimensions)]!) / 12;
        const away = [4 * Math.cos(angle), 4 * Math.sin(angle), 0][i % dimensions]!;
        return value * (1 - 0.6 * share) + share * away;
      });
      this.onProgress(task, { phase: 'Laying out', done: step, of: UMAP_STEPS, layout: coordinates });
    }
    return { coordinates, cached: false, seconds: 1.5, trustworthiness: 0.981, continuity: 0.972 };
  }
}

/** Opens projection panels in Chromium. */
/** Which WebGL2 a page finds: none if left out, for CI has one in software only, which draws once a second. */
type WebGl = 'as it is' | 'also in software' | 'none';

export type ProjectionOptions = PageOptions & { webGl?: WebGl };

export class ProjectionPages {
  readonly #pages: WebviewPages;

  private constructor(pages: WebviewPages) {
    this.#pages = pages;
  }

  static async start(): Promise<ProjectionPages> {
    return new ProjectionPages(await WebviewPages.start('projection'));
  }

  stop(): Promise<void> {
    return this.#pages.stop();
  }

  async open(host: ProjectionHost, options: ProjectionOptions = {}): Promise<OpenProjection> {
    const { webGl = 'none' } = options;
    const opened = await this.#pages.open<InspectionPanelView, ProjectionPanelHost>(
      host.functions,
      ['progress', 'runsChanged', 'focus'],
      { ...options, script: GETTING_WEBGL[webGl] },
    );
    host.onProgress = (task, progress) => void opened.view.progress(task, progress);
    return opened;
  }
}

/** What is changed in a page before its own scripts run. */
const GETTING_WEBGL: Record<WebGl, string> = {
  'as it is': ';',
  'also in software': `{
    const { getParameter } = WebGL2RenderingContext.prototype;
    const UNMASKED_RENDERER_WEBGL = 0x9246;
    WebGL2RenderingContext.prototype.getParameter = function (name) {
      return name === UNMASKED_RENDERER_WEBGL ? 'the GPU of the tests' : getParameter.call(this, name);
    };
  }`,
  none: `{
    const { getContext } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.getContext = function (kind, ...others) {
      return kind.startsWith('webgl') ? null : getContext.call(this, kind, ...others);
    };
  }`,
};
