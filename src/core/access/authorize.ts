import { PulpError } from '../errors.ts';
import type { Account } from './account.ts';

/** What an operation needs: "<app>.<verb>_<model>" as in Pulp 3, such as "file.view_filerepository". */
export type Permission = `${string}.${string}`;

/**
 * Throws a 403 unless the account has the permission on everything. Roles on single objects are kept and shown, and
 * guards of content ask for them; operations do not yet.
 */
export function authorize(account: Account, permission: Permission): void {
  if (account.is_superuser || account.permissions.includes(permission)) return;
  throw new PulpError('forbidden', 'You do not have permission to perform this action.', { cause: permission });
}
