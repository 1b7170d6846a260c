import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Binary, Long } from 'bson';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSource } from '../../../src/migrator/sources/open-source.ts';
import type { V2Source } from '../../../src/migrator/sources/source.ts';
import { makeArchive, type V2Database, writeFolder } from '../../support/v2-dump.ts';

const DUMPS = join(process.cwd(), '..', 'shared', 'fixtures', 'pulp2');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sources-'));
});
afterAll(() => rm(folder, { recursive: true }));

const wanted = () => true;

async function contents(source: V2Source): Promise<V2Database> {
  const result: V2Database = {};
  for (const { name } of await source.collections()) {
    const documents: Record<string, unknown>[] = [];
    for await (const batch of source.read(name)) documents.push(...batch);
    result[name] = documents;
  }
  return result;
}

async function readBack(bytes: Buffer, name: string): Promise<V2Database> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const source = await openSource(path, { workDirectory: folder, wanted });
  try {
    return await contents(source);
  } finally {
    await source.close();
  }
}

const documents = fc.array(fc.record({ n: fc.integer(), text: fc.string() }), { maxLength: 6 });
const databases = fc.record({ repos: documents, units_iso: documents, repo_content_units: documents });
const interleavings = fc.array(fc.constantFrom('repos', 'units_iso', 'repo_content_units'), { maxLength: 24 });

describe('a mongodump archive', () => {
  it('gives every collection whatever the interleaving, plain and compressed', async () => {
    await fc.assert(
      fc.asyncProperty(databases, interleavings, fc.boolean(), async (database, order, gzip) => {
        const bytes = makeArchive(database, order);
        expect(await readBack(gzip ? gzipSync(bytes) : bytes, 'any.archive')).toEqual(database);
      }),
      { numRuns: 60 },
    );
  });

  it('is refused when it is cut off anywhere', async () => {
    const database = { repos: [{ n: 1 }, { n: 2 }], units_iso: [{ name: 'a' }, { name: 'b' }] };
    const bytes = makeArchive(database, ['repos', 'units_iso', 'repos']);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 4, max: bytes.length - 1 }), fc.boolean(), async (length, gzip) => {
        const part = bytes.subarray(0, length);
        await expect(readBack(gzip ? gzipSync(part) : part, 'cut.archive')).rejects.toThrow(
          /cut off|never ends|segment/,
        );
      }),
    );
  });

  it('is refused, in finite time, when any byte of it is wrong', async () => {
    const database = { repos: [{ n: 1 }], units_iso: [{ name: 'abc', size: 3 }] };
    const bytes = makeArchive(database);
    const first = bytes.indexOf('abc');
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 4, max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const wrong = Buffer.from(bytes);
          wrong[at] = (wrong[at] ?? 0) ^ flip;
          await readBack(wrong, 'wrong.archive').catch((error: Error) => expect(error.name).toBe('SourceError'));
        },
      ),
    );
    const wrong = Buffer.from(bytes);
    wrong[first] = 'x'.charCodeAt(0);
    await expect(readBack(wrong, 'wrong.archive')).rejects.toThrow(
      /damaged at byte \d+: the checksum of collection units_iso/,
    );
  });

  it('leaves nothing behind in the work folder, neither after success nor after failure', async () => {
    const work = await mkdtemp(join(folder, 'work-'));
    const path = join(folder, 'packed.archive');
    await writeFile(path, gzipSync(makeArchive({ repos: [{ n: 1 }] })));
    const source = await openSource(path, { workDirectory: work, wanted });
    expect(readdirSync(work)).toHaveLength(1);
    await source.close();
    await writeFile(path, gzipSync(makeArchive({ repos: [{ n: 1 }] }).subarray(0, 150)));
    await expect(openSource(path, { workDirectory: work, wanted })).rejects.toThrow('cut off');
    expect(readdirSync(work)).toEqual([]);
  });

  it('reports gzip data that ends early or is wrong', async () => {
    const packed = gzipSync(makeArchive({ repos: [{ n: 1 }] }));
    await expect(readBack(packed.subarray(0, packed.length - 12), 'cut.gz')).rejects.toThrow('cut off');
    const wrong = Buffer.from(packed);
    wrong[packed.length - 6] = (wrong[packed.length - 6] ?? 0) ^ 0x55;
    await expect(readBack(wrong, 'wrong.gz')).rejects.toThrow('gzip data is wrong');
  });

  it('refuses data that expands without measure', async () => {
    const bomb = Buffer.concat([Buffer.from([0x6d, 0xe2, 0x99, 0x81]), Buffer.alloc(200 << 20)]);
    await expect(readBack(gzipSync(bomb), 'bomb.gz')).rejects.toThrow(/damaged|expands/);
  });

  it('keeps big integers, binary data and strings with NUL bytes', async () => {
    const document = {
      big: Long.fromString('9007199254740993'),
      small: 5,
      raw: new Binary(Buffer.from([0, 1])),
      text: 'a\0b',
    };
    const [found] = (await readBack(makeArchive({ repos: [document] }), 'types.archive')).repos ?? [];
    expect(String(found?.big)).toBe('9007199254740993');
    expect(found?.small).toBe(5);
    expect(found?.text).toBe('a\0b');
    expect(found?.raw).toEqual(document.raw);
  });

  it('chooses the database that holds repositories', async () => {
    const path = join(folder, 'other.archive');
    await writeFile(path, makeArchive({ things: [] }, [], 'elsewhere'));
    await expect(openSource(path, { workDirectory: folder, wanted })).rejects.toThrow('holds no Pulp 2 database');
  });
});

describe('a mongodump folder', () => {
  const database = { repos: [{ n: 1 }, { n: 2 }], units_iso: [{ name: 'a' }] };

  it.each([false, true])('is read from above and from inside, gzip %s', async (gzip) => {
    const path = await mkdtemp(join(folder, 'dump-'));
    await writeFolder(path, database, { gzip });
    for (const place of [path, join(path, 'pulp_database')]) {
      const source = await openSource(place, { workDirectory: folder, wanted });
      expect(await contents(source)).toEqual(database);
      expect(source.warnings()).toEqual([]);
    }
  });

  it('is read with a warning when a metadata file is missing', async () => {
    const path = await mkdtemp(join(folder, 'dump-'));
    await writeFolder(path, database, { gzip: true });
    await unlink(join(path, 'pulp_database', 'units_iso.metadata.json.gz'));
    const source = await openSource(path, { workDirectory: folder, wanted });
    expect(await contents(source)).toEqual(database);
    expect(source.warnings()).toEqual([expect.stringContaining('units_iso.bson.gz has no metadata file')]);
  });

  it('is refused when a file is cut off, with file and offset', async () => {
    const path = await mkdtemp(join(folder, 'dump-'));
    await writeFolder(path, database, { gzip: false });
    const file = join(path, 'pulp_database', 'repos.bson');
    await truncate(file, (await readFile(file)).length - 3);
    await expect(openSource(path, { workDirectory: folder, wanted })).rejects.toThrow(
      /repos\.bson is cut off .* at byte 12/,
    );
  });
});

describe('openSource', () => {
  it.each([
    ['mongodb://user:secret@host/pulp_database', 'mongodb:// sources are not there yet'],
    ['https://host/pulp/api/v2/', 'https:// sources are not there yet'],
    ['/nowhere/at/all', 'cannot be read'],
    [import.meta.filename, 'is no source'],
  ])('refuses %s with a sentence', async (uri, message) => {
    await expect(openSource(uri, { workDirectory: folder, wanted })).rejects.toThrow(message);
    await expect(openSource(uri, { workDirectory: folder, wanted })).rejects.not.toThrow('secret');
  });
});

describe.skipIf(!existsSync(DUMPS))('dumps of real servers (../shared; skipped where it is absent)', () => {
  it('are read with every checksum right', async () => {
    const path = join(DUMPS, 'file_base_4repos', 'mongodb.file_base_4repos.archive');
    const source = await openSource(path, { workDirectory: folder, wanted });
    const counts = Object.fromEntries((await source.collections()).map(({ name, documents }) => [name, documents]));
    expect(counts).toMatchObject({
      repos: 4,
      units_iso: 266,
      repo_content_units: 266,
      lazy_content_catalog: 253,
      units_rpm: 0,
    });
    expect((await contents(source)).units_iso).toHaveLength(266);
  });

  it('are all intact', async () => {
    for (const name of readdirSync(DUMPS)) {
      const path = join(DUMPS, name, `mongodb.${name}.archive`);
      const source = await openSource(path, { workDirectory: folder, wanted });
      expect(Object.keys(await contents(source)).length).toBeGreaterThan(40);
    }
  });
});
