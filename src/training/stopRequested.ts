/** Thrown where long work is given up because someone asked the trainer to stop. Not a failure. */
export class StopRequested extends Error {
  override readonly name = 'StopRequested';
}
