import { hashText } from '../../src/platform/crypto/digests.ts';
import { missingResource } from '../errors.ts';
import { oid } from '../object-id.ts';
import { href, type OperationRow, ok, operations, type Reply, type V2Request } from '../operation.ts';
import type { ContentTypeDescription } from '../plugins/behaviour.ts';
import { ALL_TYPES } from '../plugins/families.ts';

/** Clients decide by these lists what they do at all (trap 80): only what really works is in them. */
export const PLUGIN_OPERATIONS = operations('plugin', [
  ...listing(
    'types',
    'type',
    ALL_TYPES.flatMap((family) => family.contentTypes.map(presentType)),
  ),
  ...listing(
    'importers',
    'importer_type_id',
    ALL_TYPES.flatMap(({ importers }) => importers),
  ),
  ...listing(
    'distributors',
    'distributor_type_id',
    ALL_TYPES.flatMap(({ distributors }) => distributors),
  ),
]);

type Described = { readonly id: string };

/** List and single; `_href` of a single one is the request's target, query string included. */
function listing(kind: string, missing: string, all: readonly Described[]): OperationRow[] {
  async function get({ params, target }: V2Request): Promise<Reply> {
    const found = all.find(({ id }) => id === params.id);
    if (!found) throw missingResource({ [missing]: params.id ?? '' });
    return ok({ ...found, _href: target });
  }
  const list = async () => ok(all.map((entry) => ({ ...entry, _href: href('plugins', kind, entry.id) })));
  return [
    ['GET', `plugins/${kind}/`, 'READ', 'none', list],
    ['GET', `plugins/${kind}/:id/`, 'READ', 'none', get],
  ];
}

/** Types have no row, so their `_id` follows from their name. */
function presentType(type: ContentTypeDescription) {
  const objectId = hashText('sha256', `content_types/${type.id}`).slice(0, 24);
  return { ...type, _ns: 'content_types', _id: oid(objectId) };
}
