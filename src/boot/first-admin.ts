import { randomBytes } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { hashPassword, verifyPassword } from '../platform/crypto/password.ts';
import type { Database } from '../platform/postgres/database.ts';
import { sql } from '../platform/postgres/sql.ts';
import { type Home, keepSecret } from './home.ts';

export const ADMIN = 'admin';

const PASSWORD_BYTES = 15;

/**
 * Sees that there is an account to begin with. Returns the password when it was generated just now. A password in the
 * settings is the one that holds: an account with another one is changed.
 */
export async function ensureAdmin(database: Database, config: Config, home: Home): Promise<string | null> {
  const existing = await database.find<{ password_hash: string }>(
    sql`select password_hash from account where username = ${ADMIN}`,
  );
  if (existing) {
    const wanted = config.adminPassword;
    if (wanted !== null && !(await verifyPassword(wanted, existing.password_hash)))
      await setPassword(database, ADMIN, wanted);
    return null;
  }
  if (await database.find(sql`select from account where is_superuser limit 1`)) return null;
  // Kept before it is used, so that a start that is cut off in between leaves an account that somebody can use.
  const password = config.adminPassword ?? (await keepSecret(home.adminPasswordFile, makePassword()));
  await database.execute(sql`
    insert into account (username, password_hash, is_staff, is_superuser)
    values (${ADMIN}, ${await hashPassword(password)}, true, true)
    on conflict (username) do nothing`);
  return config.adminPassword === null ? password : null;
}

/** Gives an account a new password; false when there is no such account. */
export async function setPassword(database: Database, username: string, password: string): Promise<boolean> {
  const hash = await hashPassword(password);
  return (await database.execute(sql`update account set password_hash = ${hash} where username = ${username}`)) > 0;
}

export function makePassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url');
}
