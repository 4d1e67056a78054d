import type { EvaluationProtocol, Metrics } from './evaluation';
import type { BackendInfo, DatasetSummary, MemoryEstimate, RecordedStatus, RunError } from './run';

/** What every line of `events.jsonl` carries. */
interface EventHeader {
  /** Major schema version of the event. */
  v: 1;
  /** Position in the log, from 0, without gaps. A resumed run goes on counting. */
  seq: number;
  /** ms since 1970. */
  time: number;
}

/** What the trainer has to say; the log adds the header. */
export type RunEventBody =
  /** A trainer process started; for a resume `resumedFromStep` > 0, and what the log says of later steps is void. */
  | { kind: 'started'; pid: number; backend: BackendInfo; resumedFromStep: number }
  | { kind: 'status'; status: RecordedStatus; error?: RunError }
  | { kind: 'dataset'; dataset: DatasetSummary; seconds: number; cached: boolean }
  /** What the training is expected to take. */
  | { kind: 'memory'; estimate: MemoryEstimate }
  /** One optimizer step. `step` counts from 1 over the whole run. */
  | {
      kind: 'step';
      epoch: number;
      step: number;
      loss: number;
      /** Missing in runs of version 0.1.0. */
      learningRate?: number;
      sequencesPerSecond: number;
    }
  /** An epoch's training is done; `loss` is the mean over its steps. */
  | { kind: 'epoch'; epoch: number; step: number; loss: number; seconds: number }
  | {
      kind: 'validation';
      epoch: number;
      step: number;
      metrics: Metrics;
      protocol: EvaluationProtocol;
      best: boolean;
      seconds: number;
    }
  | { kind: 'checkpoint'; epoch: number; step: number; which: 'last' | 'best' }
  /** The test split was read: the model's metrics and each baseline's. */
  | {
      kind: 'test';
      epoch: number;
      step: number;
      metrics: Metrics;
      baselines: Record<string, Metrics>;
      protocol: EvaluationProtocol;
      seconds: number;
    }
  /** Of the trainer process. `cpu` is in cores: 1.5 means one and a half cores busy. */
  | { kind: 'system'; rssBytes: number; cpu: number }
  | { kind: 'log'; level: 'info' | 'warning' | 'error'; message: string };

export type RunEvent = EventHeader & RunEventBody;
export type RunEventKind = RunEventBody['kind'];
