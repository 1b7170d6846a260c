import type { ModelKind, Models } from '../core/models.ts';

export const API_ROOT = '/pulp/api/v3/';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const KEY = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{1,9})$/;
const VERSION = /^(.*?)([^/]+)\/versions\/(\d{1,9})$/;

/** What a href or PRN names: an object by id, or a version by its repository and number. */
export type Target =
  | { kind: ModelKind; type: string | null; id: string }
  | { kind: 'version'; type: string; repositoryId: string; number: number };

/** Hrefs of everything that has one, and back. */
export interface Hrefs {
  href(kind: ModelKind, type: string | null, id: string | number): string;
  versionHref(repositoryType: string, repositoryId: string, number: number): string;
  prn(kind: ModelKind, type: string | null, id: string | number): string;
  /** Takes hrefs (also as URLs) and PRNs; null when the text is neither. */
  parse(text: string): Target | null;
}

export function createHrefs(models: Models, kinds: readonly ModelKind[]): Hrefs {
  const byEndpoint = new Map(kinds.flatMap((kind) => models.ofKind(kind)).map((model) => [model.endpoint, model]));
  const repositories = new Map(models.ofKind('repository').map((model) => [model.endpoint, model.type ?? '']));

  function parsePath(path: string): Target | null {
    const [, endpoint = '', repositoryId = '', number = ''] = VERSION.exec(path) ?? [];
    const type = repositories.get(endpoint);
    if (type !== undefined && UUID.test(repositoryId)) {
      return { kind: 'version', type, repositoryId, number: Number(number) };
    }
    const slash = path.lastIndexOf('/') + 1;
    const model = byEndpoint.get(path.slice(0, slash));
    const id = path.slice(slash);
    return model && KEY.test(id) ? { kind: model.kind, type: model.type, id } : null;
  }

  return {
    href: (kind, type, id) => `${API_ROOT}${models.get(kind, type).endpoint}${id}/`,
    versionHref: (type, id, number) => `${API_ROOT}${models.get('repository', type).endpoint}${id}/versions/${number}/`,
    prn: (kind, type, id) => models.prn(kind, type, `${id}`),
    parse(text) {
      if (text.startsWith('prn:')) {
        const reference = models.parsePrn(text);
        return reference && { kind: reference.model.kind, type: reference.model.type, id: reference.id };
      }
      const path = text.replace(/^https?:\/\/[^/]+/, '');
      if (!path.startsWith(API_ROOT)) return null;
      return parsePath(path.slice(API_ROOT.length).replace(/\/$/, ''));
    },
  };
}

export function isUuid(text: string): boolean {
  return UUID.test(text);
}
