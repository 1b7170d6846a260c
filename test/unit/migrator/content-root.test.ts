import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openContentRoot } from '../../../src/migrator/content-root.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'content-root-'));
  await mkdir(join(folder, 'content/units/iso/ab/cd'), { recursive: true });
  await writeFile(join(folder, 'content/units/iso/ab/cd/x.iso'), 'bytes');
  await mkdir(join(folder, 'real'));
  await writeFile(join(folder, 'real/y.iso'), 'more bytes');
  await symlink('/var/lib/pulp/real', join(folder, 'content/units/iso/ab/link'));
  await symlink('../../../../real/y.iso', join(folder, 'content/units/iso/ab/relative'));
  await symlink('../../../../../outside', join(folder, 'content/units/iso/ab/climbing'));
  await symlink('/etc', join(folder, 'content/units/iso/ab/absolute'));
  await symlink('loop', join(folder, 'content/units/iso/ab/loop'));
  await symlink(join(folder, 'real'), join(folder, 'content/units/iso/ab/own'));
});
afterAll(() => rm(folder, { recursive: true }));

const at = (path: string) => openContentRoot(folder).find(path);

describe('openContentRoot', () => {
  it.each([
    ['/var/lib/pulp/content/units/iso/ab/cd/x.iso', 5],
    ['/srv/old-pulp/content/units/iso/ab/cd/x.iso', 5],
    ['/var/lib/pulp/content/units/iso/ab/link/y.iso', 10],
    ['/var/lib/pulp/content/units/iso/ab/relative', 10],
    ['/var/lib/pulp/content/units/iso/ab/own/y.iso', 10],
  ])('finds %s', async (path, size) => {
    expect(await at(path)).toMatchObject({ state: 'present', size });
  });

  it.each([
    ['/var/lib/pulp/content/units/iso/ab/cd/none.iso', 'missing'],
    ['/var/lib/pulp/content/units/iso/zz/cd/none.iso', 'missing'],
    ['/var/lib/pulp/content/units/iso/ab/cd/x.iso/deeper', 'missing'],
    ['/var/lib/pulp/content/units/iso/ab/cd', 'folder'],
    ['/var/lib/pulp/../../../etc/passwd', 'unusable'],
    ['/etc/passwd', 'unusable'],
    ['/var/lib/pulp/content/units/iso/ab/climbing/passwd', 'unusable'],
    ['/var/lib/pulp/content/units/iso/ab/absolute/passwd', 'unusable'],
    ['/var/lib/pulp/content/units/iso/ab/loop', 'unusable'],
    ['/var/lib/pulp/content/\0', 'unusable'],
    ['', 'unusable'],
  ])('takes %j for %s', async (path, state) => {
    expect(await at(path)).toMatchObject({ state });
  });

  it('finds the file of a unit whose path is only its folder', async () => {
    const root = openContentRoot(folder);
    expect(await root.findUnit('/var/lib/pulp/content/units/iso/ab/cd', 'x.iso')).toMatchObject({ state: 'present' });
    expect(await root.findUnit('/var/lib/pulp/content/units/iso/ab/cd', 'dir/x.iso')).toMatchObject({
      state: 'present',
    });
    expect(await root.findUnit('/var/lib/pulp/content/units/iso/ab/cd', 'z.iso')).toMatchObject({ state: 'missing' });
  });
});
