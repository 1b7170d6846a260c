import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ArtifactStore, StagedFile } from '../../../../src/platform/storage/artifact-store.ts';
import {
  DigestMismatchError,
  MissingFileError,
  SizeLimitError,
  SizeMismatchError,
} from '../../../../src/platform/storage/errors.ts';
import { createFileStore } from '../../../../src/platform/storage/file-store.ts';
import { artifactPath, PathError } from '../../../../src/platform/storage/paths.ts';

const LATER = () => new Date(Date.now() + 60_000);

describe('file store', () => {
  let root: string;
  let store: ArtifactStore;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'store-'));
    store = createFileStore(root, { allowedDigests: ['sha256', 'sha512'] });
  });

  afterEach(() => rm(root, { recursive: true }));

  async function keep(bytes: Buffer): Promise<string> {
    const staged = await store.receive(chunks(bytes), {});
    await staged.commit();
    return staged.sha256;
  }

  async function staging(): Promise<string[]> {
    return readdir(join(root, 'tmp/files'));
  }

  describe('receive', () => {
    it.each([0, 1, 50, 65_536, 65_537, 3_000_000])('keeps %i bytes and their digests', async (size) => {
      const bytes = randomBytes(size);
      const staged = await store.receive(chunks(bytes), {});
      expect(staged).toMatchObject({ size, sha256: sha('sha256', bytes) });
      expect(staged.digests).toEqual({ sha256: sha('sha256', bytes), sha512: sha('sha512', bytes) });
      expect(await store.exists(staged.sha256)).toBe(false);
      await staged.commit();
      expect((await buffer(store.open(staged.sha256))).equals(bytes)).toBe(true);
      expect(await store.stat(staged.sha256)).toMatchObject({ size });
      expect(await store.verify(staged.sha256)).toBe('intact');
      expect(await staging()).toEqual([]);
    });

    it('leaves nothing behind after discard, and discard after commit harms nothing', async () => {
      const staged = await store.receive(chunks(Buffer.from('a')), {});
      await staged.discard();
      expect(await staging()).toEqual([]);
      const again = await store.receive(chunks(Buffer.from('a')), {});
      await again.commit();
      await again.discard();
      expect(await store.exists(again.sha256)).toBe(true);
    });

    it('refuses another size, naming both', async () => {
      const wrong = store.receive(chunks(Buffer.from('abc')), { expected: { size: 4 } });
      await expect(wrong).rejects.toMatchObject({ constructor: SizeMismatchError, expected: 4, actual: 3 });
      expect(await staging()).toEqual([]);
    });

    it('refuses another digest, also of an algorithm that it does not keep', async () => {
      const bytes = randomBytes(100_000);
      const wrong = store.receive(chunks(bytes), { expected: { digests: { md5: '0'.repeat(32) } } });
      await expect(wrong).rejects.toMatchObject({
        constructor: DigestMismatchError,
        algorithm: 'md5',
        expected: '0'.repeat(32),
        actual: sha('md5', bytes),
      });
      expect(await staging()).toEqual([]);
    });

    it('takes expected digests in capitals and does not keep forbidden ones', async () => {
      const bytes = Buffer.from('abc');
      const expected = { size: 3, digests: { md5: sha('md5', bytes).toUpperCase() } };
      expect(Object.keys((await store.receive(chunks(bytes), { expected })).digests)).toEqual(['sha256', 'sha512']);
    });

    it.each([10, 100_000])('leaves nothing of a body that breaks off after %i bytes', async (size) => {
      async function* broken() {
        yield randomBytes(size);
        throw new Error('reset');
      }
      await expect(store.receive(broken(), {})).rejects.toThrow('reset');
      expect(await staging()).toEqual([]);
    });

    it('stops at once when aborted, although nothing comes', async () => {
      const stuck = new Readable({ read() {} });
      const abort = new AbortController();
      stuck.push(randomBytes(100_000));
      setTimeout(() => abort.abort(), 20);
      await expect(store.receive(stuck, { signal: abort.signal })).rejects.toThrow(/abort/i);
      expect(stuck.destroyed).toBe(true);
      expect(await staging()).toEqual([]);
    });
  });

  describe('commit', () => {
    it('puts many in place at once, equal ones included', async () => {
      const bodies = Array.from({ length: 150 }, (_, index) => Buffer.from(`file ${index % 100}`));
      const staged: StagedFile[] = [];
      for (const body of bodies) staged.push(await store.receive(chunks(body), {}));
      await store.commitAll(staged);
      for (const body of bodies) expect(await buffer(store.open(sha('sha256', body)))).toEqual(body);
      expect(await staging()).toEqual([]);
    });

    it('keeps a file that is there, and replaces one of another size', async () => {
      const bytes = randomBytes(50);
      const path = join(root, artifactPath(await keep(bytes)));
      const { ino } = await stat(path);
      await keep(bytes);
      expect((await stat(path)).ino).toBe(ino);
      await writeFile(path, 'cut');
      expect(await store.verify(sha('sha256', bytes))).toBe('damaged');
      await keep(bytes);
      expect(await store.verify(sha('sha256', bytes))).toBe('intact');
    });

    it('rejects when the staged file is gone', async () => {
      const staged = await store.receive(chunks(Buffer.from('a')), {});
      await staged.discard();
      await expect(staged.commit()).rejects.toThrow(/ENOENT/);
      expect(await store.exists(staged.sha256)).toBe(false);
    });

    it('makes files and folders that others cannot read', async () => {
      const sha256 = await keep(Buffer.from('a'));
      expect((await stat(join(root, artifactPath(sha256)))).mode & 0o027).toBe(0);
      expect((await stat(join(root, 'artifact'))).mode & 0o027).toBe(0);
    });
  });

  it('reads ranges with both ends included', async () => {
    const sha256 = await keep(Buffer.from('0123456789'));
    expect((await buffer(store.open(sha256, { start: 2, end: 4 }))).toString()).toBe('234');
  });

  it('says what is missing, and removes what is and what is not there', async () => {
    const sha256 = sha('sha256', Buffer.from('nothing'));
    expect(await store.stat(sha256)).toBeNull();
    expect(await store.verify(sha256)).toBe('missing');
    await expect(buffer(store.open(sha256))).rejects.toThrow(/ENOENT/);
    await store.remove(await keep(Buffer.from('nothing')));
    await store.remove(sha256);
    expect(await store.exists(sha256)).toBe(false);
    expect(() => store.open('../../etc/passwd')).toThrow(PathError);
  });

  describe('adopt', () => {
    let old: string;

    beforeEach(async () => {
      await mkdir(join(root, 'old'));
      old = join(root, 'old/file');
      await writeFile(old, 'old bytes');
    });

    it('links where it can, so that no byte is copied', async () => {
      const adopted = await store.adoptFile(old, 'auto', { size: 9 });
      await adopted.commit();
      expect(adopted).toMatchObject({ method: 'link', size: 9, sha256: sha('sha256', Buffer.from('old bytes')) });
      expect((await stat(join(root, artifactPath(adopted.sha256)))).ino).toBe((await stat(old)).ino);
    });

    it('adopts the same file twice', async () => {
      await (await store.adoptFile(old, 'link', {})).commit();
      await (await store.adoptFile(old, 'link', {})).commit();
      expect(await staging()).toEqual([]);
      expect((await stat(old)).nlink).toBe(2);
    });

    it('copies on demand, so that the old file can change', async () => {
      const adopted = await store.adoptFile(old, 'copy', {});
      await adopted.commit();
      await writeFile(old, 'new bytes');
      expect(adopted.method).toBe('copy');
      expect(await store.verify(adopted.sha256)).toBe('intact');
    });

    it('follows links to the file itself', async () => {
      await symlink(old, join(root, 'old/symlink'));
      const adopted = await store.adoptFile(join(root, 'old/symlink'), 'link', {});
      await adopted.commit();
      expect(await store.verify(adopted.sha256)).toBe('intact');
    });

    it('falls back to a copy where links do not reach', async () => {
      const elsewhere = await mkdtemp('/dev/shm/store-').catch(() => null);
      if (!elsewhere) return;
      const other = createFileStore(elsewhere, { allowedDigests: ['sha256'] });
      const adopted = await other.adoptFile(old, 'auto', {});
      expect(['reflink', 'copy']).toContain(adopted.method);
      await adopted.commit();
      expect(await other.verify(adopted.sha256)).toBe('intact');
      await expect(other.adoptFile(old, 'link', {})).rejects.toThrow(/EXDEV/);
      await rm(elsewhere, { recursive: true });
    });

    it('refuses damaged, cut and missing files and leaves the old ones alone', async () => {
      const digests = { sha1: '0'.repeat(40) };
      await expect(store.adoptFile(old, 'auto', { digests })).rejects.toBeInstanceOf(DigestMismatchError);
      await expect(store.adoptFile(old, 'auto', { size: 1 })).rejects.toBeInstanceOf(SizeMismatchError);
      await symlink(join(root, 'nowhere'), join(root, 'old/dangling'));
      for (const path of ['nothing', 'dangling', '', 'file/below']) {
        await expect(store.adoptFile(join(root, 'old', path), 'auto', {})).rejects.toBeInstanceOf(MissingFileError);
      }
      expect(await staging()).toEqual([]);
      expect((await readFile(old)).toString()).toBe('old bytes');
    });
  });

  describe('temporary files', () => {
    it('can be read, staged and committed by their id', async () => {
      const id = await store.createTemp(chunks(Buffer.from('temp')), { expected: { size: 4 } });
      expect((await buffer(store.openTemp(id))).toString()).toBe('temp');
      const staged = await store.stageTemp(id, { digests: { sha256: sha('sha256', Buffer.from('temp')) } });
      await staged.discard();
      expect(await staging()).toEqual([id]);
      await staged.commit();
      expect(await store.verify(staged.sha256)).toBe('intact');
      await store.removeTemp(id);
    });

    it('stay when they are not as expected', async () => {
      const id = await store.createTemp(chunks(Buffer.from('temp')), {});
      await expect(store.stageTemp(id, { size: 5 })).rejects.toBeInstanceOf(SizeMismatchError);
      expect(await staging()).toEqual([id]);
    });

    it('are missed when they are gone', async () => {
      const id = await store.createTemp(chunks(Buffer.from('temp')), {});
      await store.removeTemp(id);
      await store.removeTemp(id);
      await expect(store.stageTemp(id, {})).rejects.toBeInstanceOf(MissingFileError);
      await expect(store.stageTemp('../x', {})).rejects.toThrow(PathError);
    });

    it('are swept by age, and a fresh hard link to an old file is young', async () => {
      const old = join(root, 'old');
      await writeFile(old, 'x');
      await utimes(old, new Date(0), new Date(0));
      await link(old, join(root, 'tmp/files', randomUUID()));
      await store.createTemp(chunks(Buffer.from('temp')), {});
      expect(await store.sweepTemp(new Date(Date.now() - 60_000))).toBe(0);
      expect(await store.sweepTemp(LATER())).toBe(2);
      expect(await staging()).toEqual([]);
    });
  });

  describe('uploads', () => {
    const id = randomUUID();
    const whole = randomBytes(300_000);
    const whatever = { keep: false, expected: {} };

    it('are put together from pieces that come in any order and at once', async () => {
      const offsets = [250_000, 0, 100_000, 50_000, 200_000, 150_000];
      const sizes = await Promise.all(
        offsets.map((offset) =>
          store.writeUploadChunk(id, offset, chunks(whole.subarray(offset, offset + 50_000)), {}),
        ),
      );
      expect(sizes).toEqual(offsets.map(() => 50_000));
      const staged = await store.stageUpload(id, whatever);
      expect(staged).toMatchObject({ size: 300_000, sha256: sha('sha256', whole) });
      await staged.commit();
      expect(await store.verify(staged.sha256)).toBe('intact');
      expect(await readdir(join(root, 'upload'))).toEqual([]);
    });

    it('can be written over', async () => {
      await store.writeUploadChunk(id, 0, chunks(Buffer.from('aaaa')), {});
      await store.writeUploadChunk(id, 1, chunks(Buffer.from('bb')), {});
      expect((await store.stageUpload(id, whatever)).sha256).toBe(sha('sha256', Buffer.from('abba')));
    });

    it('without a byte are an empty file', async () => {
      expect((await store.stageUpload(id, whatever)).size).toBe(0);
    });

    it('refuse a piece that is not as announced before it does harm', async () => {
      await store.writeUploadChunk(id, 0, chunks(Buffer.from('good')), { expected: { size: 4 } });
      const bad = { expected: { digests: { sha256: '0'.repeat(64) } } };
      await expect(store.writeUploadChunk(id, 0, chunks(Buffer.from('evil')), bad)).rejects.toThrow(
        DigestMismatchError,
      );
      const short = { expected: { size: 3 } };
      await expect(store.writeUploadChunk(id, 0, chunks(Buffer.from('evil')), short)).rejects.toThrow(
        SizeMismatchError,
      );
      expect((await store.stageUpload(id, whatever)).sha256).toBe(sha('sha256', Buffer.from('good')));
      expect(await staging()).toEqual([]);
    });

    it('end at their limit', async () => {
      const tooBig = store.writeUploadChunk(id, 0, chunks(whole), { maxSize: 299_999 });
      await expect(tooBig).rejects.toBeInstanceOf(SizeLimitError);
      expect(await store.writeUploadChunk(id, 0, chunks(whole), { maxSize: 300_000 })).toBe(300_000);
    });

    it('stay usable when they are kept: later pieces do not reach the artifact', async () => {
      await store.writeUploadChunk(id, 0, chunks(Buffer.from('first')), {});
      const staged = await store.stageUpload(id, { keep: true, expected: {} });
      await staged.commit();
      await store.writeUploadChunk(id, 0, chunks(Buffer.from('other')), {});
      expect(await store.verify(staged.sha256)).toBe('intact');
      expect((await store.stageUpload(id, whatever)).sha256).toBe(sha('sha256', Buffer.from('other')));
    });

    it('outlive a failed or forgotten commit', async () => {
      await store.writeUploadChunk(id, 0, chunks(Buffer.from('abc')), {});
      for (const keepIt of [false, true]) {
        const wrong = store.stageUpload(id, { keep: keepIt, expected: { size: 1 } });
        await expect(wrong).rejects.toBeInstanceOf(SizeMismatchError);
      }
      await (await store.stageUpload(id, whatever)).discard();
      expect((await store.stageUpload(id, whatever)).size).toBe(3);
      expect(await staging()).toEqual([]);
    });

    it('are removed and swept', async () => {
      await store.writeUploadChunk(id, 0, chunks(Buffer.from('abc')), {});
      await store.removeUpload(id);
      await store.removeUpload(id);
      await store.writeUploadChunk(id, 0, chunks(Buffer.from('abc')), {});
      expect(await store.sweepUploads(new Date(Date.now() - 60_000))).toBe(0);
      expect(await store.sweepUploads(LATER())).toBe(1);
    });
  });
});

async function* chunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 16_384) yield bytes.subarray(start, start + 16_384);
}

function sha(name: string, bytes: Buffer): string {
  return createHash(name).update(bytes).digest('hex');
}
