import type { AttentionInspector } from '../protocol/attention';
import type { ComparisonInspector } from '../protocol/comparison';
import type { HostInspector, InspectorNotices, RunInspector } from '../protocol/inspection';
import type { ProjectionInspector } from '../protocol/projection';
import type { RecommendationInspector } from '../protocol/recommendation';
import { startRpcProcess, type RpcProcess } from './rpcProcess';
import type { TrainerOptions } from './trainerOptions';

/** The inspector process could not be started, or ended while something was asked of it. The message holds what it printed. */
export class InspectorError extends Error {
  override readonly name = 'InspectorError';
  readonly code = 'inspector/ended';
}

export type Inspector = RunInspector &
  ProjectionInspector &
  AttentionInspector &
  RecommendationInspector &
  ComparisonInspector &
  HostInspector;

/** Calls reject with the inspector's own errors, or with {@link InspectorError} when it has ended. */
export type RunningInspector = RpcProcess<Inspector, InspectorNotices>;

/** Starts a process that opens runs and answers what views ask of them. It ends with this process at the latest. */
export function startInspector(options: TrainerOptions, listener: InspectorNotices): RunningInspector {
  return startRpcProcess<Inspector, InspectorNotices>(options, {
    script: 'inspector.js',
    name: 'inspector',
    listener,
    failed: (message) => new InspectorError(message),
  });
}
