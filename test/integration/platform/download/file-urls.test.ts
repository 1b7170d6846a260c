import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failure, useDownloads } from './downloads.ts';

describe('downloads of file URLs', () => {
  const { downloader, get } = useDownloads();

  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'download-'));
    await mkdir(join(folder, 'allowed'));
    await writeFile(join(folder, 'allowed/file ü'), '0123456789');
    await writeFile(join(folder, 'secret'), 'secret');
    await symlink(join(folder, 'secret'), join(folder, 'allowed/link'));
    await writeFile(join(folder, 'allowed-not'), 'secret');
  });

  afterEach(() => rm(folder, { recursive: true }));

  const at = (path: string) => pathToFileURL(join(folder, path)).href;
  const read = (path: string) => get({ allowedFilePaths: [join(folder, 'allowed')] }, at(path));

  it('are read below the allowed folders', async () => {
    expect(await read('allowed/file ü')).toBe('0123456789');
  });

  it('may be read in part', async () => {
    const made = downloader({ allowedFilePaths: [folder] });
    const { status, headers, body } = await made.open(at('allowed/file ü'), { range: 'bytes=2-4' });
    expect([status, headers['content-range'], await text(body)]).toEqual([206, 'bytes 2-4/10', '234']);
  });

  it.each(['secret', 'allowed/link', 'allowed-not', 'allowed', 'nothing', 'allowed/../secret'])(
    'are forbidden elsewhere: %s',
    async (path) => {
      expect((await failure(read(path))).kind).toBe('forbidden-path');
    },
  );

  it('that are not there are 404', async () => {
    expect(await failure(read('allowed/nothing'))).toMatchObject({ kind: 'status', status: 404 });
  });

  it('of other hosts are forbidden', async () => {
    const error = await failure(get({ allowedFilePaths: ['/'] }, 'file://host/etc/passwd'));
    expect(error.kind).toBe('forbidden-path');
  });
});
