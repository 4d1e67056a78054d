import { restartDraws } from './compute/checkLayer';

// Before each file: what a test draws must not depend on the files that the same worker ran before.
restartDraws();
