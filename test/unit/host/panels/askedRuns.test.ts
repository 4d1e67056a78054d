import { expect, it } from 'vitest';
import { AskedRuns, RunRefusedError } from '../../../../src/host/panels/askedRuns';

/** Answers in turn; what is asked is noted. */
function asking(...answers: (boolean | Error)[]) {
  const asked: string[] = [];
  const runs = new AskedRuns((directory) => {
    asked.push(directory);
    const answer = answers.shift()!;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
  return { runs, asked };
}

it('asks for each run once, however many calls there are', async () => {
  const { runs, asked } = asking(true, true);
  await Promise.all([runs.require('/a', true), runs.require('/a', false)]);
  await runs.require('/a', true);
  await runs.require('/b', false);
  expect(asked).toEqual(['/a', '/b']);
});

it('lets nothing run that was refused, and asks again only when it is begun anew', async () => {
  const { runs, asked } = asking(false, true);
  const calls = await Promise.allSettled([runs.require('/a', true), runs.require('/a', false)]);
  expect(calls.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(runs.require('/a', false)).rejects.toThrow(RunRefusedError);
  expect(asked).toEqual(['/a']);
  await runs.require('/a', true);
  await runs.require('/a', false);
  expect(asked).toEqual(['/a', '/a']);
});

it('asks again after what kept it from asking', async () => {
  const { runs } = asking(new Error('It needs a trusted workspace.'), true);
  await expect(runs.require('/a', false)).rejects.toThrow('trusted');
  await runs.require('/a', false);
});
