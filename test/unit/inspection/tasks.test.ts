import { describe, expect, it } from 'vitest';
import { Tasks } from '../../../src/inspection/tasks';
import type { TaskProgress } from '../../../src/protocol/inspection';

describe('Tasks', () => {
  it('cancels the task of an id while it works, and no other', async () => {
    const tasks = new Tasks(() => undefined);
    const steps = { first: 0, second: 0 };
    const work = (name: keyof typeof steps) => () =>
      tasks.run(name, async (task) => {
        for (; steps[name] < 50; steps[name]++)
          await task.proceed({ phase: 'Working', done: steps[name], of: 50 });
        return name;
      });
    const [first, second] = [work('first')(), work('second')()];
    setImmediate(() => tasks.cancel('first'));
    await expect(first).rejects.toMatchObject({ code: 'inspection/canceled' });
    expect(steps.first).toBeLessThan(50);
    expect(await second).toBe('second');
  });

  it('reports the first step at once, and then only now and again', async () => {
    const reports: [string, TaskProgress][] = [];
    const tasks = new Tasks((task, progress) => reports.push([task, progress]));
    await tasks.run('one', async (task) => {
      for (let done = 0; done < 20; done++) await task.proceed({ phase: 'Working', done, of: 20 });
    });
    expect(reports[0]).toEqual(['one', { phase: 'Working', done: 0, of: 20 }]);
    expect(reports.length).toBeLessThan(20);
  });

  it('passes on what the work throws, and lets an ended task be canceled', async () => {
    const tasks = new Tasks(() => undefined);
    await expect(tasks.run('one', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    tasks.cancel('one');
    expect(
      await tasks.run('one', (task) => task.proceed({ phase: 'Working', done: 0, of: 1 }).then(() => 1)),
    ).toBe(1);
  });
});
