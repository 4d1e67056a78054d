import { openResults } from '../results/openResults';
import { evaluationPanel } from './view';

openResults(evaluationPanel, true);
