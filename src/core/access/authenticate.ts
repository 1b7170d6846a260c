import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { verifyPassword } from '../../platform/crypto/password.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { sql } from '../../platform/postgres/sql.ts';
import type { Account } from './account.ts';
import { permissionsOf } from './roles.ts';

export type Identity = { account: Account } | 'anonymous' | 'invalid';

export interface Authenticator {
  /** Who sends this Authorization header. Wrong credentials and unreadable headers are "invalid". */
  identify(authorization: string | undefined): Promise<Identity>;
}

const ACCOUNT_TTL_MS = 2000;

/**
 * Basic authentication with cached verification: the slow password hash is computed once per password and account row,
 * not per request (real Pulp 3 spends 0.4 s on each). What is cached is a keyed digest that is worthless outside this
 * process, and only as long as the stored hash stays the same: a changed password or a deactivated account is refused
 * within two seconds everywhere.
 */
export function createAuthenticator(database: Database): Authenticator {
  const key = randomBytes(32);
  const verified = new LRUCache<string, string>({ max: 1000 });
  const accounts = new LRUCache<string, { account: Account | null }>({ max: 1000, ttl: ACCOUNT_TTL_MS });

  async function findAccount(username: string): Promise<Account | null> {
    const cached = accounts.get(username);
    if (cached) return cached.account;
    const account = await database.find<Account>(sql`
      select account.*, array(${permissionsOf(null)}) as permissions from account where username = ${username}`);
    accounts.set(username, { account });
    return account;
  }

  async function isPassword(account: Account, password: string): Promise<boolean> {
    const proof = createHmac('sha256', key).update(`${account.id}\0${password}`).digest('base64');
    if (verified.get(proof) === account.password_hash) return true;
    if (!(await verifyPassword(password, account.password_hash))) return false;
    verified.set(proof, account.password_hash);
    return true;
  }

  return {
    async identify(authorization) {
      if (!authorization) return 'anonymous';
      const credentials = parseBasic(authorization);
      if (!credentials) return 'invalid';
      const account = await findAccount(credentials.username);
      if (!account?.is_active || !(await isPassword(account, credentials.password))) return 'invalid';
      return { account };
    },
  };
}

/** Null when it is not well-formed Basic. A trailing ", Basic" is ignored (v2-api.md 1.3). */
export function parseBasic(authorization: string): { username: string; password: string } | null {
  const [, encoded] = /^basic\s+([A-Za-z0-9+/_=-]+)\s*(?:,\s*basic)?$/i.exec(authorization) ?? [];
  if (!encoded) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
