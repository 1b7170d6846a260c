import type { Json } from '../../core/task/types.ts';
import { API_ROOT } from '../hrefs.ts';
import type { PresentContext, Presenter, Row } from './types.ts';

/** Values that are no column, by the names that declarations use. */
export const CORE_PRESENTERS: Readonly<Record<string, Presenter>> = {
  nothing: () => null,
  href: (row, context) => ownHref(row, context),
  prn: (row, { api, resource }) => api.hrefs.prn(resource.kind ?? 'task', typeOf(row, resource.kind), `${row.id}`),
  versions_href: (row, { api }) => `${api.hrefs.href('repository', text(row.type), `${row.id}`)}versions/`,
  latest_version_href: (row, { api }) =>
    api.hrefs.versionHref(text(row.type) ?? '', `${row.id}`, Number(row.latest_number)),
  hidden_fields: (row, { resource }) =>
    Object.entries(resource.members)
      .filter(([, member]) => member.secret)
      .map(([name, member]) => ({ name, is_set: (row[member.column ?? name] ?? null) !== null })),
  repository_href: (row, { api }) =>
    row.repository_id === null ? null : api.hrefs.href('repository', text(row.repository_type), `${row.repository_id}`),
  repository_version_href: (row, { api }) => versionHref(row, api),
  base_version_href: (row, { api }) =>
    typeof row.base_number === 'number'
      ? api.hrefs.versionHref(`${row.base_repository_type}`, `${row.base_repository_id}`, row.base_number)
      : null,
  content_summary: (row, context) => contentSummary(row, context),
  version_vuln_report: (row, { api }) =>
    `${API_ROOT}vuln_report/?repo_versions=${api.hrefs.prn('version', null, `${row.id}`)}`,
  distributions: (row, { api }) =>
    references(row.distributions).map(({ id, type }) => api.hrefs.href('distribution', type, id)),
  base_url: (row, { api, contentOrigin }) => `${contentOrigin}${api.settings.contentPathPrefix}${row.base_path}/`,
  content_guard_prn: (row, { api }) =>
    row.content_guard_id ? api.hrefs.prn('guard', text(row.content_guard_type), `${row.content_guard_id}`) : null,
  // A version may be published anew: only a publication is a promise.
  no_content_change_since: (row) => (row.publication_id ? row.updated : null) ?? null,
  artifacts: (row, { api }) =>
    Object.fromEntries(
      Object.entries((row.artifact_ids ?? {}) as { [path: string]: string | null }).map(([path, id]) => [
        path,
        id && api.hrefs.href('artifact', null, id),
      ]),
    ),
  artifact_file: (row) => `artifact/${`${row.sha256}`.slice(0, 2)}/${`${row.sha256}`.slice(2)}`,
  chunks: (row) => row.chunks ?? [],
  user_groups: (row, { api }) => named(row.groups).map(({ id, name }) => ({ name, ...identity(api, 'group', id) })),
  user_secrets: () => [{ name: 'password', is_set: true }],
  guard_users: (row, { api }) =>
    named(row.users).map(({ id, name }) => ({ username: name, ...identity(api, 'user', id) })),
  guard_groups: (row, { api }) => named(row.groups).map(({ id, name }) => ({ name, ...identity(api, 'group', id) })),
};

function identity(api: PresentContext['api'], kind: 'user' | 'group', id: number) {
  return { pulp_href: api.hrefs.href(kind, null, id), prn: api.hrefs.prn(kind, null, id) };
}

function named(value: Json | undefined): { id: number; name: string }[] {
  return (value ?? []) as { id: number; name: string }[];
}

function references(value: Json | undefined): { id: string; type: string }[] {
  return (value ?? []) as { id: string; type: string }[];
}

function text(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** Tasks and the like have no type; a version's `type` column is none of its own. */
function typeOf(row: Row, kind: string | null): string | null {
  return kind === 'version' ? null : text(row.type);
}

function ownHref(row: Row, { api, resource }: PresentContext): string {
  if (resource.kind === 'version') {
    return api.hrefs.versionHref(`${row.repository_type}`, `${row.repository_id}`, Number(row.number));
  }
  return api.hrefs.href(resource.kind ?? 'task', text(row.type), `${row.id}`);
}

/** Distributions name their version's repository apart from their own; publications have only the one. */
function versionHref(row: Row, api: PresentContext['api']): string | null {
  if (typeof row.version_number !== 'number') return null;
  const repositoryId = row.version_repository_id ?? row.repository_id;
  return api.hrefs.versionHref(
    `${row.version_repository_type ?? row.repository_type}`,
    `${repositoryId}`,
    row.version_number,
  );
}

const SUMMARY = {
  added: 'repository_version_added',
  removed: 'repository_version_removed',
  present: 'repository_version',
};

function contentSummary(row: Row, context: PresentContext): Json {
  const counts = row.content_counts as { [part: string]: { [type: string]: number } };
  const version = ownHref(row, context);
  const parts = Object.entries(SUMMARY).map(([part, filter]) => {
    const types = Object.entries(counts[part] ?? {}).map(([type, count]) => {
      const endpoint = context.api.models.get('content', type).endpoint;
      return [type, { count, href: `${API_ROOT}${endpoint}?${filter}=${version}` }] as const;
    });
    return [part, Object.fromEntries(types)] as const;
  });
  return Object.fromEntries(parts);
}
