import { createBirpc } from 'birpc';
import type { AttentionInspector } from '../protocol/attention';
import type { ComparisonInspector } from '../protocol/comparison';
import type { InspectorNotices, RunInspector, HostInspector } from '../protocol/inspection';
import type { ProjectionInspector } from '../protocol/projection';
import type { RecommendationInspector } from '../protocol/recommendation';
import { decodeRpcMessage, encodeRpcMessage } from '../protocol/rpcMessage';
import { attentionInspector } from './attention/attentionInspector';
import { compareRuns } from './comparison/compareRuns';
import { describeRun } from './comparison/comparedRuns';
import { InspectedRuns } from './inspectedRuns';
import { projectionInspector } from './projection/projectionInspector';
import { recommendationInspector } from './recommendation/recommendationInspector';
import { runInspector } from './runInspector';
import { Tasks } from './tasks';

/*
 * The inspector process: `inspector.js`, started with an IPC channel of structured clones by src/process/inspector.ts. It
 * answers calls and ends with the channel.
 */

const runs = new InspectedRuns(
  __dirname,
  (message) => console.error(message),
  (message) => void teller.notice.asEvent(message),
);
const tasks = new Tasks((task, progress) => void teller.progress.asEvent(task, progress));
type Functions = RunInspector &
  ProjectionInspector &
  AttentionInspector &
  RecommendationInspector &
  ComparisonInspector &
  HostInspector;
const functions: Functions = {
  warmUp: (run) => runs.warmUp(run),
  checkSources: () => runs.checkSources(),
  ...runInspector(runs),
  ...projectionInspector(runs, tasks),
  ...attentionInspector(runs, tasks),
  ...recommendationInspector(runs, tasks),
  compareRuns: (request, id) => tasks.run(id, (task) => compareRuns(request, task)),
  describeRuns: (directories) => Promise.all(directories.map(describeRun)),
};
const teller = createBirpc<InspectorNotices, Functions>(functions, {
  post: (message: unknown) => process.send?.(message),
  on: (receive) => process.on('message', receive),
  serialize: encodeRpcMessage,
  deserialize: decodeRpcMessage,
  timeout: -1,
  resolver: (name, method) => (Object.hasOwn(functions, name) ? method : undefined),
});

process.on('disconnect', () => process.exit());
