import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../../src/config/schema';
import { distinguishingSettings, settingsBeside, usualSettings } from '../../../src/host/runSettings';

const config = (hiddenSize: number, dropout: number) => ({
  name: `${hiddenSize}-${dropout}`,
  model: { type: 'sasrec', hiddenSize, dropout },
});

describe('distinguishingSettings', () => {
  const distinguish = (configs: readonly unknown[]) =>
    configs.map((each) => distinguishingSettings(each, usualSettings(configs)));

  it('names what is unusual, by the last part of its path', () => {
    const configs = [config(64, 0.5), config(32, 0.2), config(64, 0.2)];
    expect(distinguish(configs)).toEqual(['dropout 0.5', 'hiddenSize 32', '']);
  });

  it('takes the older of two for the usual one', () => {
    expect(distinguish([config(32, 0.2), config(64, 0.2)])).toEqual(['hiddenSize 32', '']);
  });

  it('leaves none out', () => {
    const usual = { a: 1, b: 1, c: 1, d: 1 };
    expect(distinguish([{ a: 2, b: 2, c: 2, d: 2 }, usual, usual])[0]).toBe('a 2, b 2, c 2, d 2');
  });

  it('says whose type it is where there are several', () => {
    const typed = (optimizer: string, loss: string) => ({
      training: { optimizer: { type: optimizer } },
      model: { type: 'sasrec', loss: { type: loss } },
    });
    const configs = [typed('sgd', 'bpr'), typed('adam', 'gbce'), typed('adam', 'gbce')];
    expect(distinguish(configs)[0]).toBe('optimizer.type sgd, loss.type bpr');
  });

  it('is empty for equal configs, one config, or none', () => {
    expect(distinguish([{ a: [1, 2] }, { a: [1, 2] }])).toEqual(['', '']);
    expect(distinguish([{ a: 1 }])).toEqual(['']);
    expect(distinguish([])).toEqual([]);
  });

  it('copes with settings that only some configs have, and with junk', () => {
    expect(distinguish([{ loss: { numNegatives: 5 } }, { loss: {} }, null])).toEqual([
      'numNegatives 5',
      '',
      '',
    ]);
  });
});

describe('settingsBeside', () => {
  it('has all settings beside the most common ones of the group, and those that only the others have', () => {
    const own = { model: { hiddenSize: 32, dropout: 0.2 } };
    const other = { model: { hiddenSize: 64, dropout: 0.2, temperature: 0.1 } };
    expect(settingsBeside(own, [own, other, other])).toEqual({
      settings: [
        { path: 'model.hiddenSize', value: '32', usual: '64', differs: true },
        { path: 'model.dropout', value: '0.2', usual: '0.2', differs: false },
        { path: 'model.temperature', value: null, usual: '0.1', differs: true },
      ],
      usual: { of: 'runs', numRuns: 3 },
    });
  });

  it('compares the only run of its name with the defaults of its model', () => {
    const own = { ...defaultConfig('sasrec')!, dataset: { path: 'ratings.csv', minRating: 4 } };
    const { settings, usual } = settingsBeside({ ...own, model: { ...own.model, hiddenSize: 32 } }, [own]);
    expect(usual).toEqual({ of: 'defaults' });
    expect(settings.filter(({ differs }) => differs)).toEqual([
      { path: 'dataset.minRating', value: '4', usual: 'null', differs: true },
      { path: 'model.hiddenSize', value: '32', usual: '64', differs: true },
    ]);
    expect(settings.find(({ path }) => path === 'dataset.path')).toMatchObject({ usual: null });
  });

  it.each([
    'sasrec',
    'gru4rec',
    'sum',
    'din',
    'dien',
    'twoTower',
    'popularity',
    'itemKnn',
    'markov',
  ] as const)('knows the defaults of %s', (type) => {
    expect(defaultConfig(type)?.model.type).toBe(type);
  });

  it('knows no defaults of what a newer version trains, and nothing of a lost config', () => {
    const { settings } = settingsBeside({ model: { type: 'later', size: 3 } }, [{}]);
    expect(settings.map(({ differs }) => differs)).toEqual([false, false]);
    expect(settingsBeside({}, [{}, config(64, 0.2), config(64, 0.2)]).settings).toEqual([]);
  });
});
