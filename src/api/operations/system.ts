import { statfs } from 'node:fs/promises';
import { sql } from '../../platform/postgres/sql.ts';
import type { Api } from '../api.ts';
import { type Answer, type Call, type Handler, type JsonObject, ok } from '../call.ts';
import type { components } from '../generated/v3.d.ts';
import { API_ROOT } from '../hrefs.ts';
import { fieldChoice } from '../present/present.ts';

type Schemas = components['schemas'];

/** Lifetimes of API and content processes (v3-api.md 3.4). */
const API_TTL = 120;
const CONTENT_TTL = 30;

export const SYSTEM_HANDLERS: Record<string, Handler> = {
  status,
  livez: () => ({ status: 200 }),
  api_root: root,
};

interface Online {
  kind: string;
  name: string;
  last_heartbeat: string;
  versions: Record<string, string>;
}

async function status(call: Call): Promise<Answer> {
  const { api } = call;
  const online = await api.database.query<Online>(sql`
    select kind, name, last_heartbeat, versions from app_status
    where last_heartbeat > clock_timestamp() - make_interval(secs =>
      case kind when 'worker' then ${api.settings.workerTtl}::int when 'api' then ${API_TTL} else ${CONTENT_TTL} end)
    order by name`);
  const ofKind = (kind: string) =>
    online
      .filter((row) => row.kind === kind)
      .map(({ name, last_heartbeat, versions }) => ({ name, last_heartbeat, versions }));
  const body: Schemas['StatusResponse'] = {
    versions: versions(api),
    online_workers: ofKind('worker'),
    online_api_apps: ofKind('api'),
    online_content_apps: ofKind('content'),
    database_connection: { connected: true },
    redis_connection: { connected: false },
    storage: await storage(api),
    content_settings: {
      content_origin: api.settings.contentOrigin ?? call.origin,
      content_path_prefix: api.settings.contentPathPrefix,
    },
    domain_enabled: false,
  };
  const wanted = fieldChoice(call.query);
  return ok(Object.fromEntries(Object.entries(body as JsonObject).filter(([name]) => wanted(name))));
}

function versions(api: Api): Schemas['StatusResponse']['versions'] {
  const plugins = new Map(api.app.registry.plugins.map((plugin) => [plugin.label, plugin]));
  return Object.entries(api.settings.versions).map(([component, version]) => {
    const plugin = plugins.get(component);
    return {
      component,
      version,
      package: plugin?.package ?? 'pulpcore',
      module: plugin?.module ?? 'pulpcore.app',
      domain_compatible: true,
    };
  });
}

async function storage(api: Api): Promise<Schemas['StatusResponse']['storage']> {
  const disk = await statfs(api.settings.workingDirectory).catch(() => null);
  if (!disk) return null;
  const total = disk.blocks * disk.bsize;
  const free = disk.bavail * disk.bsize;
  return { total, used: total - disk.bfree * disk.bsize, free };
}

/** The collections, by the names that Pulp 3's root gives them. */
function root(call: Call): Answer {
  const endpoints = call.api.operations
    .filter((operation) => operation.method === 'GET' && operation.answer === 'list' && !operation.path.includes('{}'))
    .map(({ path }) => [path.replace(/\/$/, ''), `${call.origin}${API_ROOT}${path}`] as const);
  return ok(Object.fromEntries(endpoints));
}
