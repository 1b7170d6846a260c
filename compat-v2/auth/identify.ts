import type { IncomingHttpHeaders } from 'node:http';
import type { Account } from '../../src/core/access/account.ts';
import { type Authenticator, parseBasic } from '../../src/core/access/authenticate.ts';
import { authenticationError, type V2Error } from '../errors.ts';

/** Who sends a request (v2-api.md 1.3). 401: PLP0025 nobody, PLP0028 OAuth refused, PLP0030 wrong user or password. */
export async function identify(authenticator: Authenticator, headers: IncomingHttpHeaders): Promise<Account> {
  const { authorization } = headers;
  const scheme = authorization?.trim().split(/\s/, 1)[0]?.toLowerCase();
  if (authorization === undefined || scheme !== 'basic') throw unidentified(scheme, headers);
  const identity = await authenticator.identify(authorization);
  if (typeof identity === 'object') return identity.account;
  throw refused(
    'PLP0030',
    parseBasic(authorization)?.username ?? '',
    'invalid username or password',
    'username_or_password',
  );
}

function unidentified(scheme: string | undefined, headers: IncomingHttpHeaders): V2Error {
  const user = headers['pulp-user'];
  if (scheme === 'oauth' && typeof user === 'string') {
    return refused('PLP0028', user, 'invalid oauth credentials.', 'oauth_credentials');
  }
  return authenticationError('PLP0025', 'Authentication failed.', 'authentication_failed', {});
}

function refused(code: string, user: string, why: string, what: string): V2Error {
  return authenticationError(code, `Authentication with username ${user} failed: ${why}`, `invalid_${what}`, { user });
}
