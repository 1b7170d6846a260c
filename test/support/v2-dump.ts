import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Long, serialize } from 'bson';
import { Crc64 } from '../../src/migrator/sources/crc64.ts';

/** A made-up Pulp 2 database: collection name → documents. */
export type V2Database = Record<string, Record<string, unknown>[]>;

const END = Buffer.from([0xff, 0xff, 0xff, 0xff]);

/**
 * A mongodump archive of the database, as bytes. `order` names a collection for each segment, one document each, so
 * that tests interleave as they like; what it leaves over follows in whole segments.
 */
export function makeArchive(database: V2Database, order: readonly string[] = [], name = 'pulp_database'): Buffer {
  const parts = [Buffer.from([0x6d, 0xe2, 0x99, 0x81])];
  const add = (document: Record<string, unknown>) => parts.push(Buffer.from(serialize(document)));
  add({ concurrent_collections: 4, version: '0.1', server_version: '3.4.23', tool_version: 'r3.4.23' });
  for (const collection of Object.keys(database)) add({ db: name, collection, metadata: '{}', size: 0 });
  parts.push(END);
  const left = new Map(Object.entries(database).map(([collection, documents]) => [collection, [...documents]]));
  const checksums = new Map(Object.keys(database).map((collection) => [collection, new Crc64()]));
  const segment = (collection: string, documents: Record<string, unknown>[]) => {
    add({ db: name, collection, EOF: false, CRC: Long.fromNumber(0) });
    for (const document of documents) {
      const bytes = Buffer.from(serialize(document));
      checksums.get(collection)?.update(bytes, 0, bytes.length);
      parts.push(bytes);
    }
    parts.push(END);
  };
  for (const collection of order) {
    const next = left.get(collection)?.shift();
    if (next) segment(collection, [next]);
  }
  for (const [collection, documents] of left) {
    if (documents.length > 0) segment(collection, documents);
    const crc = checksums.get(collection)?.value() ?? 0n;
    add({ db: name, collection, EOF: true, CRC: Long.fromBigInt(crc) });
    parts.push(END);
  }
  return Buffer.concat(parts);
}

/** Writes the database as a mongodump folder (`<folder>/pulp_database/*.bson`). */
export async function writeFolder(folder: string, database: V2Database, options: { gzip: boolean }): Promise<void> {
  const inner = join(folder, 'pulp_database');
  await mkdir(inner, { recursive: true });
  const suffix = options.gzip ? '.gz' : '';
  const pack = (bytes: Buffer) => (options.gzip ? gzipSync(bytes) : bytes);
  for (const [collection, documents] of Object.entries(database)) {
    const bytes = Buffer.concat(documents.map((document) => Buffer.from(serialize(document))));
    await writeFile(join(inner, `${collection}.bson${suffix}`), pack(bytes));
    await writeFile(
      join(inner, `${collection}.metadata.json${suffix}`),
      pack(Buffer.from('{"options":{},"indexes":[]}')),
    );
  }
}
