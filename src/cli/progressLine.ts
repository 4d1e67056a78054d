import { dataSize } from '../protocol/dataSize';
import { countOf } from '../protocol/countOf';
import type { RunEvent } from '../protocol/events';
import { epochsText, throughputUnit, type RunManifest } from '../protocol/run';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMetric,
  formatMetricName,
  formatPercent,
} from '../series/format';
import type { Terminal } from './terminal';

const BAR_WIDTH = 20;
/** Weight of the newest step in the running mean of the throughput. */
const THROUGHPUT_DECAY = 0.1;

/**
 * Shows a run in a terminal: one line that is redrawn, and one line that stays for each epoch, warning and change of
 * status. Where the output is no terminal, only the lines that stay.
 */
export class ProgressLine {
  readonly #output: Terminal;
  #throughput: number | null = null;
  /** The newest step; the log is ahead of the manifest, which is written twice a second. */
  #newest: Extract<RunEvent, { kind: 'step' }> | null = null;
  #epochLoss: number | null = null;

  constructor(output: Terminal) {
    this.#output = output;
  }

  /** Takes in new events of the run. */
  show(events: readonly RunEvent[], manifest: RunManifest): void {
    for (const event of events) this.#take(event, manifest);
    const training = manifest.status === 'running' && manifest.progress.stepsPerEpoch > 0;
    if (this.#output.isTerminal && training && this.#newest !== null) this.#draw(manifest, this.#newest);
  }

  /** Removes the line that is redrawn. */
  clear(): void {
    this.#output.clear();
  }

  #take(event: RunEvent, manifest: RunManifest): void {
    switch (event.kind) {
      case 'started': {
        const { name, device, threads } = event.backend;
        const from = event.resumedFromStep > 0 ? `, from step ${formatCount(event.resumedFromStep)}` : '';
        this.#print(`Trainer ${event.pid} · ${name} on ${device}, ${countOf(threads, 'thread')}${from}`);
        break;
      }
      case 'dataset': {
        this.#print(
          `Data: ${dataSize(event.dataset)} (${event.cached ? 'from the cache' : `prepared in ${event.seconds.toFixed(1)} s`})`,
        );
        break;
      }
      case 'memory': {
        const { total, available } = event.estimate;
        this.#print(`Memory: about ${formatBytes(total)} of ${formatBytes(available)} free`);
        break;
      }
      case 'step':
        this.#newest = event;
        this.#throughput =
          this.#throughput === null
            ? event.sequencesPerSecond
            : this.#throughput + THROUGHPUT_DECAY * (event.sequencesPerSecond - this.#throughput);
        break;
      case 'epoch':
        this.#epochLoss = event.loss;
        // A refit validates nothing.
        if (manifest.refitOf !== undefined) this.#printEpoch(event.epoch, manifest);
        break;
      case 'validation': {
        const value = event.metrics[manifest.mainMetric] ?? Number.NaN;
        const validation = `validation ${formatMetricName(manifest.mainMetric)} ${formatMetric(value)}`;
        if (manifest.progress.epochs === 0) {
          this.#print(`Fitted  ${validation}`);
          break;
        }
        this.#printEpoch(event.epoch, manifest, `  ${validation}${event.best ? ' ★' : ''}`);
        break;
      }
      case 'status':
        if (event.status === 'evaluating')
          this.#print(`Evaluating the ${testedName(manifest)} and the baselines on test …`);
        if (event.status === 'stopping') this.#print('Stopping: saving a checkpoint …');
        break;
      case 'log':
        this.#print(
          event.level === 'info'
            ? event.message
            : `${event.level === 'error' ? 'Error' : 'Warning'}: ${event.message}`,
        );
        break;
      case 'checkpoint':
      case 'system':
      case 'test':
        break;
    }
  }

  #printEpoch(epoch: number, manifest: RunManifest, validation = ''): void {
    const { epochs } = manifest.progress;
    this.#print(
      `Epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}` +
        `  loss ${formatMetric(this.#epochLoss ?? Number.NaN)}${validation}  ${this.#throughputText(manifest)}`,
    );
  }

  #throughputText(manifest: RunManifest): string {
    return `${formatCount(this.#throughput ?? 0)} ${throughputUnit(manifest)}`;
  }

  #print(line: string): void {
    this.#output.print(`${line}\n`);
  }

  #draw(manifest: RunManifest, { epoch, step, loss }: { epoch: number; step: number; loss: number }): void {
    const { epochs, stepsPerEpoch, remainingMs } = manifest.progress;
    const share = Math.min(1, step / (epochs * stepsPerEpoch));
    const filled = Math.round(share * BAR_WIDTH);
    const parts = [
      epochsText({ progress: { epoch: epoch - 1, epochs } }),
      `${'▓'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${formatPercent(share)}`,
      `step ${step - (epoch - 1) * stepsPerEpoch}/${stepsPerEpoch}`,
      `loss ${formatMetric(loss)}`,
      ...(this.#throughput === null ? [] : [this.#throughputText(manifest)]),
      ...(remainingMs === null ? [] : [`${formatDuration(remainingMs)} left at most`]),
    ];
    this.#output.draw(parts.join('  '));
  }
}

/** What is evaluated on test. */
function testedName({ progress, refitOf }: RunManifest): string {
  if (progress.epochs === 0) return 'model';
  return refitOf === undefined ? 'best checkpoint' : 'last epoch';
}
