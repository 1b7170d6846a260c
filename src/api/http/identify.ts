import type { IncomingHttpHeaders } from 'node:http';
import type { Account } from '../../core/access/account.ts';
import type { Authenticator } from '../../core/access/authenticate.ts';
import { HttpError } from './http-error.ts';

/** Who sends a request; 401 in the forms of v3-api.md 1.5. */
export async function identify(authenticator: Authenticator, headers: IncomingHttpHeaders): Promise<Account> {
  const { authorization } = headers;
  const isBasic = /^basic\b/i.test(authorization ?? '');
  if (!isBasic) throw unauthenticated('Authentication credentials were not provided.', headers);
  const problem = headerProblem(authorization ?? '');
  if (problem) throw unauthenticated(`Invalid basic header. ${problem}`, headers);
  const identity = await authenticator.identify(authorization);
  if (typeof identity === 'string') throw unauthenticated('Invalid username/password.', headers);
  return identity.account;
}

function unauthenticated(detail: string, headers: IncomingHttpHeaders): HttpError {
  const scheme = headers['x-requested-with'] === 'XMLHttpRequest' ? 'xBasic' : 'Basic';
  return new HttpError(401, detail, { 'WWW-Authenticate': `${scheme} realm="api"` });
}

/** What is wrong with the form of a Basic header, or null. */
function headerProblem(authorization: string): string | null {
  const parts = authorization.trim().split(/\s+/);
  if (parts.length === 1) return 'No credentials provided.';
  if (parts.length > 2) return 'Credentials string should not contain spaces.';
  const encoded = parts[1] ?? '';
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) && decoded.includes(':');
  return isBase64 ? null : 'Credentials not correctly base64 encoded.';
}
