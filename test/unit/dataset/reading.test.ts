import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { withDuckDb } from '../../../src/dataset/duckDb';
import { dataFolder, histories, plainCsv, writeParquet, type DatasetInput } from './dataFolder';

/** What is in {@link plainCsv}. */
const plain = Object.fromEntries(['u0', 'u1', 'u2'].map((user) => [user, ['i0', 'i1', 'i2', 'i3']]));
const rows = plainCsv().trimEnd().split('\n').slice(1);
const noHeader = rows.map((row) => `${row}\n`).join('');
const divided = (text: string, separator: string) => text.replaceAll(',', separator);
const json = rows.map((row) => {
  const [user_id, item_id, timestamp] = row.split(',');
  return { user_id, item_id, timestamp: Number(timestamp) };
});
const jsonLines = json.map((row) => `${JSON.stringify(row)}\n`).join('');
const places = { user: 1, item: 2, timestamp: 3 };
const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
/** Rows in front that fill more than what is looked at for guesses. */
const filler = Array.from({ length: 9000 }, (_, index) => `x${index % 9},i${index % 7},${index}\n`).join('');

describe('a file is read as it is', () => {
  test.each<[string, DatasetInput, string | Buffer, string[]]>([
    ['plain CSV, of which there is nothing to say', { path: 'a.csv' }, plainCsv(), []],
    ['`::`', { path: 'a.dat' }, divided(plainCsv(), '::'), ['a.dat: separated by `::`']],
    ['spaces', { path: 'a.txt' }, divided(plainCsv(), ' '), ['a.txt: separated by spaces']],
    ['a comma and a space', { path: 'a.csv' }, divided(plainCsv(), ', '), ['a.csv: separated by `, `']],
    ['tabs in a file of any name', { path: 'a.data' }, divided(plainCsv(), '\t'), ['a.data: separated by tabs']],
    ['a separator that the config says', { path: 'a.csv', separator: '|' }, divided(plainCsv(), '|'), []],
    ['a line that says the separator', { path: 'a.csv' }, `sep=;\n${divided(plainCsv(), ';')}`, ['a.csv: separated by `;`']],
    ['no header', { path: 'a.csv', columns: places }, noHeader, ['a.csv: no header, columns by position (`1` to `3`)']],
    ['no header, places as text', { path: 'a.csv', columns: { user: '1', item: '2', timestamp: '3' } }, noHeader, ['a.csv: no header, columns by position (`1` to `3`)']],
    ['no header, as the config says', { path: 'a.csv', header: false, columns: places }, noHeader, []],
    ['names from the config', { path: 'a.csv', header: ['user_id', 'item_id', 'timestamp'] }, noHeader, []],
    ['other names than the header has', { path: 'a.csv', header: ['user_id', 'item_id', 'timestamp'] }, plainCsv().replace('user_id,item_id,timestamp', 'a,b,c'), ['a.csv: its first line names columns and is not a row']],
    ['comments in front', { path: 'a.csv' }, `# made today\n${plainCsv()}`, ['a.csv: 1 comment line in front']],
    ['row names that the header lacks', { path: 'a.csv' }, plainCsv().replace(/^(u\d)/gm, 'r,$1'), ['a.csv: a row name before each row, which the header does not name']],
    ['a separator at the end of each row', { path: 'a.csv' }, plainCsv().replace(/^(u\d.*)$/gm, '$1,'), ['a.csv: a separator at the end of each row']],
    ['UTF-16', { path: 'a.csv' }, utf16(plainCsv()), ['a.csv: UTF-16LE']],
    ['UTF-16 without a mark', { path: 'a.csv' }, utf16(plainCsv()).subarray(2), ['a.csv: UTF-16LE']],
    ['line ends of two kinds', { path: 'a.csv' }, plainCsv().replace('\n', '\r\n'), ['a.csv: mixed line endings (each ends a line)']],
    ['line ends of old Macs', { path: 'a.csv' }, plainCsv().replaceAll('\n', '\r'), []],
    ['a JSON array', { path: 'a.json' }, JSON.stringify(json), []],
    ['a JSON array over several lines', { path: 'a.json' }, JSON.stringify(json, null, 2), []],
    ['JSON objects over several lines', { path: 'a.json' }, json.map((row) => JSON.stringify(row, null, 1)).join('\n'), []],
    ['JSON Lines with a byte order mark', { path: 'a.jsonl' }, `\ufeff${jsonLines}`, []],
    ['JSON Lines in UTF-16', { path: 'a.jsonl' }, utf16(jsonLines), ['a.jsonl: UTF-16LE']],
    ['.GZ', { path: 'a.CSV.GZ' }, gzipSync(plainCsv()), []],
    ['gzip under another name', { path: 'a.csv' }, gzipSync(plainCsv()), []],
    ['sequences', { path: 'a.txt' }, 'u0 i0 i1 i2 i3\nu1 i0 i1 i2 i3 i4\nu2 i0 i1 i2\n', ['a.txt: separated by spaces, a line per user with their items, oldest first']],
  ])('%s', async (name, config, content, reading) => {
    const { dataset, report } = await dataFolder({ [String(config.path)]: content }).prepare(config);
    const expected =
      name === 'sequences' ? { u0: ['i0', 'i1', 'i2', 'i3'], u1: ['i0', 'i1', 'i2', 'i3', 'i4'], u2: ['i0', 'i1', 'i2'] } : plain;
    expect(histories(dataset)).toEqual(expected);
    expect(report.reading).toEqual(reading);
  }); // prettier-ignore

  test('what was guessed is told to who trains, too, and from the cache', async () => {
    const folder = dataFolder({ 'a.dat': divided(plainCsv(), '::') });
    for (const cached of [false, true]) {
      const result = await folder.prepare({ path: 'a.dat' });
      expect(result.cached).toBe(cached);
      expect(result.warnings).toContain('Read a.dat: separated by `::`.');
    }
  });

  test('options overrule guesses and make another dataset', async () => {
    const folder = dataFolder({ 'a.tsv': divided(plainCsv(), '\t').replace(/^(u\d)/gm, '"$1"') });
    const guessed = await folder.prepare({ path: 'a.tsv' });
    const said = await folder.prepare({ path: 'a.tsv', quote: '"' });
    expect(guessed.dataset.userIds).toEqual(['"u0"', '"u1"', '"u2"']);
    expect(said.dataset.userIds).toEqual(['u0', 'u1', 'u2']);
    expect(said.cached).toBe(false);
  });

  test.each([
    ['|', 'a,b', 'some,tags,of,the,item'],
    ['\\t', 'a,b', 'some,tags,of,the,item'],
    ['||', 'a|b', 'tag'],
    ['<=>', 'a=b', 'tag'],
  ])('the separator `%s` of the config divides values such as %s', async (separator, item, tag) => {
    const rows = [
      ['user_id', 'item_id', 'timestamp'],
      ...['u0', 'u1'].flatMap((user) => [item, 'c', 'd'].map((id, time) => [user, id, String(time)])),
    ];
    const between = separator.replace('\\t', '\t');
    const text = rows.map((row) => `${[...row, tag].join(between)}\n`).join('');
    const folder = dataFolder({ 'a.csv': text });
    const right = { u0: [item, 'c', 'd'], u1: [item, 'c', 'd'] };
    const { dataset, report } = await folder.prepare({ path: 'a.csv', separator });
    expect(histories(dataset)).toEqual(right);
    expect(report.reading).toEqual([]);
    const guessed = folder.prepare({ path: 'a.csv' }).then((result) => histories(result.dataset));
    expect(await guessed.catch(() => 'refused')).not.toEqual(right);
  });

  test('copies for DuckDB do not stay', async () => {
    const folder = dataFolder({ 'a.csv': utf16(plainCsv()) });
    const { dataset } = await folder.prepare({ path: 'a.csv' });
    expect(readFileSync(join(folder.cache, dataset.fingerprint, 'header.json'), 'utf8')).toContain(
      'UTF-16LE',
    );
    expect(readdirSync(folder.cache)).toEqual([dataset.fingerprint]);
  });
});

describe('headers', () => {
  test.each([
    ['text in it', 'ann,tea,red\nann,milk,blue\nbob,tea,red\nbob,milk,red\n', false],
    ['ids with digits', 'U1,N1,x\nU2,N2,y\nU3,N3,z\n', false],
    ['only names', 'user,item,color\nann,tea,red\nbob,milk,blue\n', true],
    ['names above numbers', 'f1,f2\n3,4\n5,6\n', true],
  ])('a file with %s: header %#', async (_name, content, hasHeader) => {
    const columns = hasHeader ? /its columns are `(user|f1)`/ : /it has no header \(its first line is/;
    await expect(dataFolder({ 'a.csv': content }).prepare({ path: 'a.csv' })).rejects.toThrow(columns);
  });

  test('values named as columns lose no row', async () => {
    const folder = dataFolder({ 'a.csv': '1,31,6\n1,32,7\n1,33,8\n2,31,6\n' });
    const columns = { user: '1', item: '31', timestamp: '6' };
    await expect(folder.prepare({ path: 'a.csv', columns })).rejects.toThrow(
      /no column `31`.*no header \(its first line is `1,31,6`\)/,
    );
  });

  test('values named as columns of a table lose no row', async () => {
    const folder = dataFolder({
      'a.csv': plainCsv(),
      'n.tsv': 'i0\tnews\tTitle 1\ni1\tnews\tTitle 2\ni2\tnews\tTitle 3\n',
    });
    await expect(
      folder.prepare({ path: 'a.csv', items: { path: 'n.tsv', id: 'i0', title: 'Title 1' } }),
    ).rejects.toThrow(/no column `i0` \(`dataset\.items\.id`\); it has no header/);
  });

  test('a missing time column says how to do without', async () => {
    const folder = dataFolder({ 'a.csv': 'user_id,item_id\nu1,i1\n' });
    await expect(folder.prepare({ path: 'a.csv' })).rejects.toThrow(
      /set `dataset\.columns\.timestamp` to null/,
    );
  });

  test('a wrong separator suggests no column of several names', async () => {
    const folder = dataFolder({ 'a.dat': divided(plainCsv(), '::') });
    const message = await folder
      .prepare({ path: 'a.dat', separator: ',' })
      .catch((error: unknown) => (error as Error).message);
    expect(message).toMatch(
      /only column is `user_id::item_id::timestamp`.*not separated by `,`, set `separator`/,
    );
    expect(message).not.toContain('Did you mean');
  });

  test('one name twice is told', async () => {
    const folder = dataFolder({
      'a.csv': plainCsv()
        .replace('user_id,item_id,', 'user_id,item_id,item_id,')
        .replace(/,(\d+)$/gm, ',x,$1'),
    });
    const { report } = await folder.prepare({ path: 'a.csv' });
    expect(report.reading).toEqual(['a.csv: several columns called `item_id`, of which the first is used']);
  });
});

describe('text of other encodings', () => {
  const titles = (text: string | Buffer, options: object = {}) =>
    dataFolder({ 'a.csv': plainCsv(), 't.csv': text })
      .prepare({ path: 'a.csv', items: { path: 't.csv', ...options } })
      .then(({ dataset }) => dataset.itemTitles?.slice(1, 3));
  const latin1 = Buffer.from('item_id,title\ni0,Café\ni1,Ça va\n', 'latin1');

  test('Latin-1', async () => expect(await titles(latin1)).toEqual(['Café', 'Ça va']));
  test('Windows-1252 has signs of its own', async () => {
    const text = Buffer.from([
      ...Buffer.from('item_id,title\ni0,'),
      0x80,
      ...Buffer.from('5\ni1,Ol\xe9\n', 'latin1'),
    ]);
    expect(await titles(text)).toEqual(['€5', 'Olé']);
  });
  test('Latin-1 far behind the start', async () => {
    const ascii = Array.from({ length: 9000 }, (_, index) => `x${index},plain\n`).join('');
    const text = Buffer.from(`item_id,title\n${ascii}i0,Café\ni1,Ça va\n`, 'latin1');
    expect(await titles(text)).toEqual(['Café', 'Ça va']);
  });
  test('GBK, where the config says so', async () => {
    const text = Buffer.from([
      ...Buffer.from('item_id,title\ni0,'),
      0xc9,
      0xcc,
      0xc6,
      0xb7,
      ...Buffer.from('\ni1,b\n'),
    ]);
    expect(await titles(text, { encoding: 'gbk' })).toEqual(['商品', 'b']);
  });
  test('UTF-8 stays UTF-8 wherever a chunk ends', async () => {
    const text = `item_id,title\n${Array.from({ length: 80_000 }, (_, index) => `x${index},漢字かな交じり\n`).join('')}i0,é\ni1,€\n`;
    expect(await titles(text)).toEqual(['é', '€']);
  });
});

describe('quotes', () => {
  const titles = async (name: string, text: string, options: object = {}) => {
    const folder = dataFolder({ 'a.csv': plainCsv(), [name]: text });
    const { dataset, report } = await folder.prepare({ path: 'a.csv', items: { path: name, ...options } });
    return { titles: dataset.itemTitles?.slice(1), ...report };
  };

  test('are letters in TSV', async () => {
    const text = 'item_id\ttitle\ni0\t"Heroes" (Remaster)\ni1\t12" mix\ni2\t"open\ni3\tclosed"\n';
    const { titles: read, reading } = await titles('t.tsv', text);
    expect(read).toEqual(['"Heroes" (Remaster)', '12" mix', '"open', 'closed"']);
    expect(reading).toEqual(['t.tsv: a `"` is a character like any other']);
  });

  test('stand around values in TSV of pandas, wherever the first is', async () => {
    const text = `item_id\ttitle\n${'x\tplain\n'.repeat(9000)}i0\t"say ""hi"""\ni1\t"a\ttab"\ni2\tb\ni3\tc\n`;
    const { titles: read, reading } = await titles('t.tsv', text);
    expect(read).toEqual(['say "hi"', 'a\ttab', 'b', 'c']);
    expect(reading).toEqual(['t.tsv: values in double quotes']);
  });

  test('have a backslash in front in MySQL’s files, wherever the first is', async () => {
    const text = `item_id,title\n${'x,"plain"\n'.repeat(9000)}i0,"say \\"hi\\""\ni1,"b"\ni2,"c"\ni3,"d"\n`;
    const { titles: read, reading } = await titles('t.csv', text);
    expect(read).toEqual(['say "hi"', 'b', 'c', 'd']);
    expect(reading).toEqual(['t.csv: `\\"` stands for a quote inside a value']);
  });

  test('a backslash at the end of a value escapes nothing', async () => {
    const { titles: read } = await titles('t.csv', 'item_id,title\ni0,"C:\\"\ni1,"b"\ni2,"c"\ni3,"d"\n');
    expect(read).toEqual(['C:\\', 'b', 'c', 'd']);
  });

  test('are what the config says', async () => {
    const { titles: read } = await titles('t.csv', 'item_id,title\ni0,\'a,b\'\ni1,"b"\ni2,c\ni3,d\n', {
      quote: "'",
    });
    expect(read).toEqual(['a,b', '"b"', 'c', 'd']);
    const text = 'item_id,title\ni0,"say ^"hi^""\ni1,"b"\ni2,"c"\ni3,"d"\n';
    const escaped = await titles('t.csv', text, { escape: '^' });
    expect(escaped.titles).toEqual(['say "hi"', 'b', 'c', 'd']);
    expect(escaped.reading).toEqual([]);
  });

  test.each([
    ['a backslash', '\\', '"5\\", 6"', '"e"', ['5", 6', 'e', 'c', 'd']],
    ['a quote', '"', '5\\"x', '"say ""hi"""', ['5\\"x', 'say "hi"', 'c', 'd']],
    ['a quote, the usual', '', '5\\"x', '"say ""hi"""', ['5\\"x', 'say "hi"', 'c', 'd']],
  ])('inside values have in front what the config says: %s', async (_name, escape, first, second, right) => {
    const text = `item_id,title\ni0,${first}\ni1,${second}\ni2,"c"\ni3,"d"\n`;
    const said = await titles('t.csv', text, { escape });
    expect(said.titles).toEqual(right);
    expect(said.reading).toEqual([]);
    const guessed = titles('t.csv', text).then((read) => read.titles);
    expect(await guessed.catch(() => 'refused')).not.toEqual(right);
  });

  test('that swallow rows of CSV are named with their line', async () => {
    const text = plainCsv()
      .replace('\nu1,i1,', '\nu1,"i1,')
      .replace(/\nu2,i1,(\d+)/, '\nu2,i1",$1');
    const { report } = await dataFolder({ 'a.csv': text }).prepare({ path: 'a.csv' });
    expect(report.warnings.join('\n')).toMatch(
      /a\.csv, line 7: a value in double quotes spans 5 lines, unlike all others/,
    );
  });

  test('around many values of several lines are nothing odd', async () => {
    const text = `item_id,title\n${['i0', 'i1', 'i2', 'i3'].map((id) => `${id},"two\nlines"\n`).join('')}`;
    const { warnings, titles: read } = await titles('t.csv', text);
    expect(read).toEqual(['two\nlines', 'two\nlines', 'two\nlines', 'two\nlines']);
    expect(warnings.join('\n')).not.toContain('goes on');
  });
});

describe('fields inside fields', () => {
  const nested = ['Acme', 'Acme', 'Bolt', null].map((brand, index) => ({
    item_id: `i${index}`,
    title: `T${index}`,
    details: brand === null ? null : { Brand: brand, 'a.b': { c: [index] } },
  }));
  const features = { 'details.Brand': 'category' } as const;

  test('of JSON', async () => {
    const folder = dataFolder({ 'a.csv': plainCsv(), 'm.json': JSON.stringify(nested) });
    const { dataset } = await folder.prepare({ path: 'a.csv', items: { path: 'm.json', features } });
    expect(dataset.itemFeatures[0]).toMatchObject({
      labels: ['', 'Acme'],
      values: Int32Array.from([0, 1, 1, 0, 0]),
    });
  });

  test('of Parquet', async () => {
    const folder = dataFolder({ 'a.csv': plainCsv(), 'm.json': JSON.stringify(nested) });
    await withDuckDb({ cacheDirectory: folder.cache }, (connection) =>
      connection.run(
        `COPY (SELECT * FROM read_json('${join(folder.path, 'm.json')}')) TO '${join(folder.path, 'm.parquet')}' (FORMAT parquet)`,
      ),
    );
    const { dataset } = await folder.prepare({ path: 'a.csv', items: { path: 'm.parquet', features } });
    expect(dataset.itemFeatures[0]).toMatchObject({ labels: ['', 'Acme'] });
  });
});

describe('lists of items', () => {
  const columns = { user: 'user_id', items: 'history' };
  test.each([
    ['texts', 'user_id\thistory\nu\ti1 i2 i3\nv\ti2 i1 i3\n'],
    ['lists of Python', "user_id\thistory\nu\t['i1', 'i2', 'i3']\nv\t['i2', 'i1', 'i3']\n"],
    ['lists of JSON', 'user_id\thistory\nu\t["i1", "i2", "i3"]\nv\t["i2","i1","i3"]\n'],
    ['texts with commas', 'user_id\thistory\nu\ti1,i2,i3\nv\ti2, i1, i3\n'],
  ])('as %s', async (_name, text) => {
    const { dataset } = await dataFolder({ 'a.tsv': text }).prepare({ path: 'a.tsv', columns });
    expect(histories(dataset)).toEqual({ u: ['i1', 'i2', 'i3'], v: ['i2', 'i1', 'i3'] });
  });

  test('in JSON and in the result of a query', async () => {
    const lines = [
      ['u', ['i1', 'i2', 'i3']],
      ['v', ['i2', 'i1', 'i3']],
    ].map(([user_id, history]) => JSON.stringify({ user_id, history }));
    const folder = dataFolder({ 'a.jsonl': `${lines.join('\n')}\n` });
    for (const source of [{ path: 'a.jsonl' }, { query: "SELECT * FROM 'a.jsonl'" }]) {
      const { dataset } = await folder.prepare({ ...source, columns });
      expect(histories(dataset)).toEqual({ u: ['i1', 'i2', 'i3'], v: ['i2', 'i1', 'i3'] });
    }
  });

  test('count once where they are repeated, and an empty one is counted as a row without an item', async () => {
    const text = 'user_id\thistory\nu\ti1 i2 i3\nv\ti2 i1 i3\nu\ti1 i2 i3\nw\t\nu\ti9 i1\n';
    const { dataset, report } = await dataFolder({ 'a.tsv': text }).prepare({ path: 'a.tsv', columns });
    expect(histories(dataset)).toEqual({ u: ['i1', 'i2', 'i3', 'i9', 'i1'], v: ['i2', 'i1', 'i3'] });
    expect(report.warnings.join('\n')).toMatch(/1 of 5 rows repeats a list/);
    expect(report.warnings.join('\n')).toMatch(/1 list follows an earlier list of the same user/);
    expect(report.dropped.emptyIds).toBe(1);
  });
});

describe('dates of other forms', () => {
  const withTimes = (times: string[], config: Partial<DatasetInput> = {}) =>
    dataFolder({
      'a.tsv': `user_id\titem_id\ttimestamp\n${times.map((time, index) => `u${index % 2}\ti${Math.floor(index / 2)}\t${time}\n`).join('')}`,
    }).prepare({ path: 'a.tsv', ...config });
  const american = [
    '08/26/2013 06:59:53 AM',
    '08/26/2013 07:00:00 PM',
    '08/27/2013 01:00:00 AM',
    '08/28/2013 12:00:00 AM',
    '08/29/2013 01:00:00 PM',
    '08/30/2013 01:00:00 PM',
  ];

  test('are read by the one that fits', async () => {
    const { dataset, warnings } = await withTimes(american);
    expect(dataset.times?.[0]).toBe(Date.parse('2013-08-26T06:59:53Z') / 1000);
    expect(dataset.times?.[3]).toBe(Date.parse('2013-08-26T19:00:00Z') / 1000);
    expect(warnings.join('\n')).toContain('read as `%m/%d/%Y %I:%M:%S %p`');
  });

  test('that could be two are refused', async () => {
    const ambiguous = ['08/09/2013', '08/10/2013', '08/11/2013', '08/12/2013', '01/02/2013', '03/04/2013'];
    await expect(withTimes(ambiguous)).rejects.toThrow(
      /`08\/09\/2013`, can be read as `%m\/%d\/%Y` and as `%d\/%m\/%Y`.*timeFormat/,
    );
    const { dataset } = await withTimes(ambiguous, { timeFormat: '%d/%m/%Y' });
    expect(dataset.times?.[0]).toBe(Date.parse('2013-02-01T00:00:00Z') / 1000);
  });

  test.each([
    ['%d.%m.%y', ['25.01.24', '26.01.24', '03.02.24', '04.02.24', '01.03.24', '02.03.24']],
    ['%m/%d/%y %H:%M', ['01/25/24 00:00', '01/26/24 00:00', '02/03/24 00:00', '02/04/24 00:00', '03/01/24 00:00', '03/02/24 00:00']],
  ])('with a year of two digits are of that year: %s', async (format, times) => {
    const { dataset, warnings } = await withTimes(times);
    const days = ['2024-01-25', '2024-02-03', '2024-03-01', '2024-01-26', '2024-02-04', '2024-03-02'];
    expect([...dataset.times!]).toEqual(days.map((day) => Date.parse(day) / 1000));
    expect(warnings.join('\n')).toContain(`read as \`${format}\``);
  }); // prettier-ignore

  test('with a year of two digits are refused where they could be two, or the config wants four', async () => {
    const unclear = ['24-01-05', '24-01-06', '24-01-07', '24-01-08', '24-01-09', '24-01-10'];
    await expect(withTimes(unclear)).rejects.toThrow(
      /`24-01-05`, can be read as `%d-%m-%y` and as `%y-%m-%d`.*timeFormat/,
    );
    await expect(withTimes(unclear.map((day) => day.replaceAll('-', '/')))).rejects.toThrow(
      /can be read as `%d\/%m\/%y` and as `%y\/%m\/%d`/,
    );
    await expect(withTimes(unclear, { timeFormat: '%Y-%m-%d' })).rejects.toThrow(
      /row 1 \(line 2\).*expected a date of the form `%Y-%m-%d`/,
    );
  });

  test('of eight digits are counts, and a warning says how to read them as dates', async () => {
    const compact = ['20240129', '20240130', '20240131', '20240201', '20240202', '20240203'];
    const { dataset, warnings } = await withTimes(compact);
    expect(dataset.times?.[0]).toBe(20240129);
    expect(warnings.join('\n')).toContain('look like dates of the form `%Y%m%d`');
    const dated = await withTimes(compact, { timeFormat: '%Y%m%d' });
    expect(dated.dataset.times?.[0]).toBe(Date.parse('2024-01-29') / 1000);
    expect(dated.warnings.join('\n')).not.toContain('%Y%m%d');
    expect((await withTimes(['20240129', '20240130', '20249999', '20240201', '20240202', '20240203'])).warnings.join('\n')).not.toContain('%Y%m%d');
  }); // prettier-ignore

  test('are refused where the config’s form does not fit, or is none', async () => {
    await expect(withTimes(american, { timeFormat: '%Y' })).rejects.toThrow(
      /row 1 \(line 2\).*expected a date of the form `%Y`/,
    );
    await expect(withTimes(american, { timeFormat: '%Q' })).rejects.toThrow(
      /`dataset\.timeFormat` \(`%Q`\) is not a date format/,
    );
  });
});

test('Parquet under another name', async () => {
  const folder = dataFolder({});
  const path = join(folder.path, 'a.csv');
  await writeParquet(path, "SELECT 'u' || (i % 3) AS user_id, 'i' || (i // 3) AS item_id, i AS timestamp FROM range(12) t(i)");
  const { dataset, report } = await folder.prepare({ path: 'a.csv' });
  expect(histories(dataset)).toEqual(plain);
  expect(report.reading).toEqual(['a.csv: Parquet']);
}); // prettier-ignore

test('ids with and without `.0` are named', async () => {
  const lines = (suffix: string, start: number) =>
    [7, 8].flatMap((user) => ['a', 'b', 'c'].map((item, time) => `{"user_id":${user}${suffix},"item_id":"${item}","timestamp":${start + time}}\n`)).join('');
  const both = await dataFolder({ 'a.jsonl': lines('', 0), 'b.jsonl': lines('.0', 9) }).prepare({ path: '*.jsonl' });
  expect(both.dataset.userIds).toEqual(['7', '7.0', '8', '8.0']);
  expect(both.warnings.join('\n')).toContain('2 user ids of `user_id` are written in two ways, such as `7.0` and `7`, and count as two users each.');
  const alike = await dataFolder({ 'a.jsonl': lines('.0', 0) }).prepare({ path: 'a.jsonl' });
  expect(alike.warnings.join('\n')).not.toContain('two ways');
}); // prettier-ignore

test('Latin-1 in ids far behind the start', async () => {
  const folder = dataFolder({
    'a.csv': Buffer.from(`user_id,item_id,timestamp\n${filler}u,caf\xe9,5\n`, 'latin1'),
  });
  const { dataset, report } = await folder.prepare({ path: 'a.csv' });
  expect(dataset.itemIds).toContain('café');
  expect(report.reading).toEqual(['a.csv: Latin-1 (Windows-1252)']);
});

describe('Zstandard', () => {
  const packed = async (sql: string) => {
    const folder = dataFolder({ 'a.csv': plainCsv() });
    await withDuckDb({ cacheDirectory: folder.cache }, (connection) =>
      connection.run(
        `COPY (${sql.replace('a.csv', join(folder.path, 'a.csv'))}) TO '${join(folder.path, 'a.ZST')}' (FORMAT csv, COMPRESSION zstd)`,
      ),
    );
    return folder;
  };

  test('is unpacked', async () => {
    const folder = await packed("SELECT * FROM 'a.csv'");
    const { dataset } = await folder.prepare({ path: 'a.ZST' });
    expect(histories(dataset)).toEqual(plain);
  });

  test('that was cut off is refused', async () => {
    const folder = await packed(
      'SELECT i AS user_id, i AS item_id, i AS timestamp FROM range(300000) AS t(i)',
    );
    const bytes = readFileSync(join(folder.path, 'a.ZST'));
    for (const length of [bytes.length - 3, bytes.length >> 1, 1000]) {
      folder.write('a.ZST', bytes.subarray(0, length));
      await expect(folder.prepare({ path: 'a.ZST' })).rejects.toMatchObject({ code: 'dataset/not-gzip' });
    }
  });
});
