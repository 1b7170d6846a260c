import type { Account } from '../../src/core/access/account.ts';
import { authorize } from '../../src/core/access/authorize.ts';
import { PulpError } from '../../src/core/errors.ts';
import { authenticationError } from '../errors.ts';
import type { V2Operation, V2Verb } from '../operation.ts';

const VERBS: Record<V2Verb, string> = {
  CREATE: 'add',
  READ: 'view',
  UPDATE: 'change',
  DELETE: 'delete',
  EXECUTE: 'change',
};

/** 401 PLP0026, not 403, when the account lacks the operation's permission (v2-api.md 1.3). */
export function permit(account: Account, operation: V2Operation, verb: V2Verb): void {
  try {
    authorize(account, `core.${VERBS[verb]}_${operation.model}`);
  } catch (error) {
    if (!(error instanceof PulpError && error.kind === 'forbidden')) throw error;
    const { username: user } = account;
    const text = `Permission denied: user ${user} cannot perform ${verb}.`;
    throw authenticationError('PLP0026', text, 'permission_denied', { user, operation: verb });
  }
}
