import { openResults } from '../results/openResults';
import { comparisonPanel } from './view';

openResults(comparisonPanel, false);
