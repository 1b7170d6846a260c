import type { IncomingHttpHeaders } from 'node:http';
import type { Queryable } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Json } from '../task/types.ts';
import type { Authenticator } from './authenticate.ts';
import { permissionsOf } from './roles.ts';

const DOWNLOAD = 'core.download_rbaccontentguard';

/** Why a guard refuses a request for content (corrections.md 4.8); null: it lets it pass. */
export async function guardRefusal(
  database: Queryable,
  authenticator: Authenticator,
  guardId: string,
  headers: IncomingHttpHeaders,
): Promise<string | null> {
  const guard = await database.find<{ type: string; data: { [key: string]: Json } }>(
    sql`select type, data from content_guard where id = ${guardId}`,
  );
  if (guard?.type === 'core.header') return isHeaderRight(guard.data, headers) ? null : 'Access denied.';
  if (guard?.type === 'core.rbac') return downloaderRefusal(database, authenticator, guardId, headers);
  return 'Access denied.';
}

/** The header is Base64, always. A guard with a jq filter refuses everybody: filters are not evaluated yet. */
function isHeaderRight(data: { [key: string]: Json }, headers: IncomingHttpHeaders): boolean {
  const sent = headers[`${data.header_name}`.toLowerCase()];
  if (typeof sent !== 'string' || data.jq_filter) return false;
  return Buffer.from(sent, 'base64').toString('utf8') === data.header_value;
}

async function downloaderRefusal(
  database: Queryable,
  authenticator: Authenticator,
  guardId: string,
  headers: IncomingHttpHeaders,
): Promise<string | null> {
  const identity = await authenticator.identify(headers.authorization);
  if (typeof identity === 'string') return 'Authentication credentials were not provided.';
  if (identity.account.is_superuser) return null;
  const prn = `prn:core.rbaccontentguard:${guardId}`;
  const allowed = await database.find(sql`
    select 1 as allowed from account
    where id = ${identity.account.id} and ${DOWNLOAD} in (${permissionsOf(prn)})`);
  return allowed ? null : 'You do not have permission to perform this action.';
}
