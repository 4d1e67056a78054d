import type { Page } from 'playwright-core';
import type { InspectedRun } from '../../src/protocol/inspection';
import type {
  InspectionFocus,
  InspectionPanelView,
  PlaygroundPanelHost,
} from '../../src/protocol/inspectionPanel';
import type { Reasons, RecommendationRequest, RecommendationResult } from '../../src/protocol/recommendation';
import { ExampleInspector, type ExampleModel, type ExampleOptions } from './attentionExample';
import { settled, usePages } from './pageSuite';
import { type PageOptions, WebviewPages, type OpenWebview } from './webviewPages';

export type OpenPlayground = OpenWebview<InspectionPanelView, PlaygroundPanelHost>;

/** The extension's side, played by the test: it has the first run's panel open, and knows the others. */
export class PlaygroundHost {
  readonly saved: { fileName: string; content: string }[] = [];
  readonly opened: { view: string; run: string; focus: InspectionFocus }[] = [];
  readonly asked: { run: string; request: RecommendationRequest }[] = [];
  /** When set, `recommend` fails with it. */
  failure: Error | null = null;
  focus: InspectionFocus | null = null;
  /** Ids that the second run does not know. */
  unknown: readonly string[] = [];

  constructor(readonly inspectors: readonly ExampleInspector[]) {}

  static of(model: ExampleModel, options: Omit<ExampleOptions, 'model'> = {}): PlaygroundHost {
    return new PlaygroundHost([new ExampleInspector({ ...options, model })]);
  }

  /** Next to a baseline, as which a model without attention stands in. */
  static withBaseline(): PlaygroundHost {
    const baseline = new ExampleInspector({ model: 'twotower', name: 'ease-movies', checkpoints: [] });
    Object.assign(baseline.run, { isBaseline: true, model: 'ease' } satisfies Partial<InspectedRun>);
    return new PlaygroundHost([new ExampleInspector({ model: 'sasrec' }), baseline]);
  }

  #find(run: string): ExampleInspector {
    const found = this.inspectors.find((inspector) => inspector.run.run === run);
    if (!found) throw new Error(`There is no run ${run}.`);
    return found;
  }

  readonly functions: PlaygroundPanelHost = {
    hydrate: () => {
      const runs = this.inspectors.map(({ run }) => ({
        run: run.run,
        title: run.name,
        model: run.model,
        createdAt: 0,
      }));
      return Promise.resolve({ run: runs[0]!.run, runs, focus: this.focus });
    },
    describeRun: (run) => Promise.resolve(this.#find(run).run),
    findUsers: (run, text, limit) => Promise.resolve(this.#find(run).catalog.findUsers(text, limit)),
    findItems: (run, text, limit) => Promise.resolve(this.#find(run).catalog.findItems(text, limit)),
    userHistory: (run, user, end) => Promise.resolve(this.#find(run).userHistory(user, end)),
    recommend: ({ run, checkpoint }, request) => {
      this.asked.push({ run, request });
      if (this.failure) return Promise.reject(this.failure);
      const inspector = this.#find(run);
      const unknown = inspector === this.inspectors[0] ? [] : this.unknown;
      return Promise.resolve(recommendations(inspector, checkpoint, request, unknown));
    },
    cancel: () => Promise.resolve(),
    save: (fileName, content) => {
      this.saved.push({ fileName, content: content as string });
      return Promise.resolve();
    },
    openView: (view, run, focus) => {
      this.opened.push({ view, run, focus });
      return Promise.resolve();
    },
  };
}

/** What an example's model recommends, from what it says of attention. */
function recommendations(
  inspector: ExampleInspector,
  checkpoint: string,
  request: RecommendationRequest,
  unknown: readonly string[],
): RecommendationResult {
  const { run } = inspector;
  const itemOf = (id: string): number => Number(id.slice(2)) - 1000;
  const places = [...request.history.keys()];
  const known = places.filter((place) => !unknown.includes(request.history[place]!));
  const subject = {
    user: request.user === null ? -1 : Number(request.user.slice(1)) - 100,
    history: known.map((place) => itemOf(request.history[place]!)),
  };
  const asked = { subject, candidates: request.heldOut.map(itemOf), target: null, topK: request.topK };
  const { recommendations: listed, candidates } = inspector.attendNow(checkpoint, asked);
  const heldOut = request.heldOut.length > 0 ? candidates : [];
  const items = [...listed, ...heldOut].map(({ item }) => item);
  const { weights, contributions, history } = inspector.attendNow(checkpoint, {
    ...asked,
    candidates: items,
  });
  const width = request.history.length;
  const unread = known.length - history.length;
  const view = inspector.views.findLast(({ axes }) => axes.at(-1) === 'position' && axes[0] === 'head');
  const perItem = view === undefined;
  const values = new Float32Array(perItem ? items.length * width : width).fill(NaN);
  if (view !== undefined) {
    const recorded = weights.find((own) => own.view === view.name)!;
    const [heads, length] = recorded.shape as [number, number];
    history.forEach((_, position) => {
      let sum = 0;
      for (let head = 0; head < heads; head++)
        sum += recorded.values[(head + 1) * length * length - length + position]!;
      values[known[unread + position]!] = sum / heads;
    });
  } else {
    contributions.forEach((own, row) => {
      for (const { position, change } of own)
        if (position !== null) values[row * width + known[unread + position]!] = change;
    });
  }
  const reasons: Reasons = view
    ? { kind: 'attention', view: view.label, perItem, values }
    : { kind: 'contribution', view: null, perItem, values };
  return {
    recommendations: listed,
    heldOut: heldOut.map((item) => (unknown.includes(item.id) ? null : item)),
    knowsUser: request.user !== null,
    unknown: places.filter((place) => !known.includes(place)),
    read: run.isBaseline ? null : history.length,
    filterSeen: !request.keepSeen,
    numCandidates: run.numItems - new Set(subject.history).size,
    reasons: request.reasons ? reasons : null,
  };
}

/** Panels for the tests of a file. Whatever a test does, its pages must not break their policy or complain. */
export function usePlayground(): {
  /** Opens a panel and waits until the first recommendations are drawn. */
  open: (host: PlaygroundHost, options?: PageOptions) => Promise<Page>;
  openAtOnce: (host: PlaygroundHost, options?: PageOptions) => Promise<OpenPlayground>;
} {
  const opened = usePages(() => WebviewPages.start('playground'));
  const openAtOnce = (host: PlaygroundHost, options: PageOptions = {}): Promise<OpenPlayground> =>
    opened((pages) =>
      pages.open<InspectionPanelView, PlaygroundPanelHost>(
        host.functions,
        ['progress', 'runsChanged', 'focus'],
        options,
      ),
    );
  return {
    openAtOnce,
    open: async (host, options) => {
      const { page } = await openAtOnce(host, options);
      await page.locator('.recommendations tbody tr').first().waitFor();
      await settled(page);
      return page;
    },
  };
}
