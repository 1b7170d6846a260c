import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Gateway, removeGateway, startGateway } from '../../support/gateway.ts';
import { putManifest, startUpstream, type Upstream } from '../../support/upstream.ts';
import { createLabels } from '../labels.ts';
import { V3_DIALECT } from './labels.ts';
import { call, type Replay, replay } from './replay.ts';

const API = '/pulp/api/v3';

let gateway: Gateway;
let upstream: Upstream;
let options: Replay;

beforeAll(async () => {
  upstream = await startUpstream();
  for (const folder of ['file', 'file2', 'file-invalid']) {
    const names = ['1.iso', '2.iso', '3.iso', ...(folder === 'file-invalid' ? ['4.iso'] : [])];
    putManifest(
      upstream,
      folder,
      Object.fromEntries(names.map((name) => [name, Buffer.alloc(1024, `${folder} ${name}`)])),
    );
  }
  upstream.files.set('file-invalid/4.iso', Buffer.alloc(1024, 'not what was promised'));
  upstream.files.set(
    'rpm-unsigned/repodata/repomd.xml',
    Buffer.from('<?xml version="1.0" encoding="UTF-8"?>\n<repomd/>\n'),
  );
  gateway = await startGateway({ home: null, env: { PULP_ADMIN_PASSWORD: 'password' } });
  const labels = createLabels(V3_DIALECT);
  options = { url: gateway.url, fixtures: upstream.url, labels, before: unrecorded(), skip: [] };
});

afterAll(async () => {
  if (gateway) await removeGateway(gateway);
  await upstream?.close();
});

async function remote(name: string, url: string, fields = {}): Promise<void> {
  const body = { name, url, max_retries: 0, ...fields };
  const made = (await call(options, 'POST', `${API}/remotes/file/file/`, body)) as { prn: string };
  options.labels.matches(`prn:file.fileremote:<uuid:${name}>`, made.prn);
}

async function firstOf(path: string): Promise<Record<string, string>[]> {
  return ((await call(options, 'GET', path)) as { results: Record<string, string>[] }).results;
}

/** Steps of the recorder that it did not record. */
function unrecorded(): Replay['before'] {
  return {
    'locked role cannot be changed': async () => {
      const [role] = await firstOf(`${API}/roles/?name=core.task_owner`);
      options.labels.matches('prn:core.role:<uuid:roles2>', role?.prn ?? '');
    },
    delete: async () => {
      const [gopher] = await firstOf(`${API}/remotes/file/file/?name=r-gopher`);
      if (gopher) options.labels.matches('prn:file.fileremote:<uuid:file3>', gopher.prn ?? '');
    },
    'sync: upstream 404': () => remote('gone', `${upstream.url}/nothing/PULP_MANIFEST`),
    'sync: wrong digests upstream': () => remote('invalid', `${upstream.url}/file-invalid/PULP_MANIFEST`),
    'sync: not a manifest': () => remote('notmanifest', `${upstream.url}/rpm-unsigned/repodata/repomd.xml`),
    'sync: connection refused': () => remote('refused', 'http://127.0.0.1:1/PULP_MANIFEST'),
    'modify: remove one': async () => {
      const version = options.labels.fill(`${API}/repositories/file/file/<uuid:repo1>/versions/1/`);
      const units = await firstOf(`${API}/content/file/files/?repository_version=${version}&ordering=relative_path`);
      units.forEach((unit, index) => {
        options.labels.matches(`prn:file.filecontent:<uuid:unit${index + 1}>`, unit.prn ?? '');
      });
    },
    'read the other': async () => {
      const [distribution] = await firstOf(`${API}/distributions/file/file/?name=dist2`);
      if (distribution)
        return void options.labels.matches('prn:file.filedistribution:<uuid:dist2>', distribution.prn ?? '');
      const publications = await firstOf(`${API}/publications/file/file/`);
      const index = publications.find(({ manifest }) => manifest === 'INDEX');
      options.labels.matches('prn:file.filepublication:<uuid:pub2>', index?.prn ?? '');
    },
    'commit with a wrong digest': () => upload('upload2', 'xxxxx'),
    'content create by upload': () => upload('upload3', 'yyyyy'),
    'create an alternate content source': () => remote('acsremote', `${upstream.url}/`, { policy: 'on_demand' }),
  };
}

async function upload(label: string, text: string): Promise<void> {
  const made = (await call(options, 'POST', `${API}/uploads/`, { size: text.length })) as {
    pulp_href: string;
    prn: string;
  };
  options.labels.matches(`prn:core.upload:<uuid:${label}>`, made.prn);
  const form = new FormData();
  form.append('file', new Blob([text]), 'c');
  const headers = {
    Authorization: `Basic ${Buffer.from('admin:password').toString('base64')}`,
    'Content-Range': `bytes 0-${text.length - 1}/${text.length}`,
  };
  const response = await fetch(new URL(made.pulp_href, options.url), { method: 'PUT', headers, body: form });
  expect(response.status).toBe(200);
}

async function differencesIn(area: string, skip: readonly string[]): Promise<string[]> {
  const differences = await replay(area, { ...options, skip });
  const entries = Object.entries(differences).map(([name, difference]) => `${name} — ${difference}`);
  if (entries.length > 0) console.log(`${area}:\n  ${entries.join('\n  ')}`);
  return Object.keys(differences);
}

/** What stays different, and why, is told in differences.md. Anything else, and anything that got equal, fails. */
describe('exchanges with a real pulpcore 3.123', () => {
  it('status', async () => {
    expect(await differencesIn('01-status', [])).toEqual(['status, anonymous', 'API root, anonymous']);
  });

  it('errors', async () => {
    expect(await differencesIn('02-errors', [])).toEqual(['wrong password on an anonymous endpoint']);
  });

  it('users and roles', async () => {
    expect(await differencesIn('03-users-roles', [])).toEqual(['login', 'login, anonymous read', 'who am I']);
  });

  it('remotes', async () => {
    expect(await differencesIn('04-remotes', [])).toEqual([]);
  });

  it('repositories', async () => {
    expect(await differencesIn('05-repositories', ['create: remote of another type'])).toEqual([]);
  });

  it('sync', async () => {
    expect(await differencesIn('06-sync', [])).toEqual([]);
  });

  it('versions', async () => {
    expect(await differencesIn('07-versions', [])).toEqual([]);
  });

  it('content', async () => {
    expect(await differencesIn('08-content', [])).toEqual([]);
  });

  it('publications', async () => {
    expect(await differencesIn('09-publications', [])).toEqual([]);
  });

  it('distributions', async () => {
    expect(await differencesIn('10-distributions', [])).toEqual(['root listing of all distributions']);
  });

  it('guards', async () => {
    expect(await differencesIn('12-guards', [])).toEqual(['list over all kinds']);
  });

  it('artifacts', async () => {
    expect(await differencesIn('13-artifacts', [])).toEqual([]);
  });

  it('uploads', async () => {
    expect(await differencesIn('14-uploads', [])).toEqual([]);
  });

  it('tasks', async () => {
    expect(await differencesIn('15-tasks', [])).toEqual(['list, newest', 'list, minimal', 'workers', 'schedules']);
  });

  it('maintenance', async () => {
    expect(await differencesIn('16-maintenance', [])).toEqual([
      'orphan cleanup: the finished task',
      'reclaim space: the finished task',
      'access policy',
      'access policy: bad statements',
      'access policy: change',
      'access policy: reset',
      'access policy: create',
      'domains',
      'domain create while the feature is off',
      'exporter: path not allowed',
      'exporter: no repositories',
      'importer: duplicate free create',
      'upstream pulp',
      'delete a repository: the finished task',
    ]);
  });
});
