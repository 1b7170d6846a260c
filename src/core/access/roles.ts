import type { Queryable, Transaction } from '../../platform/postgres/database.ts';
import { type Sql, sql } from '../../platform/postgres/sql.ts';

/** `select` of what the row of `account` may do by its own roles and its groups', on everything or (PRN) on one object. */
export function permissionsOf(object: string | null): Sql {
  return sql`select distinct unnest(role.permissions)
    from role_assignment held join role on role.id = held.role_id
    where (held.object is null or held.object = ${object}) and (held.account_id = account.id
      or held.group_id in (select group_id from group_member where group_member.account_id = account.id))`;
}

/** Who makes an object gets the role `<model>_owner` on it, where there is one. */
export async function giveOwnerRole(tx: Transaction, label: string, prn: string, accountId: number): Promise<void> {
  await tx.execute(sql`
    insert into role_assignment (role_id, account_id, object)
    select id, ${accountId}, ${prn} from role where name = ${`${label}_owner`} on conflict do nothing`);
}

/** Takes away all roles on an object that goes. Returns how many there were. */
export function forgetRoles(tx: Queryable, prn: string): Promise<number> {
  return tx.execute(sql`delete from role_assignment where object = ${prn}`);
}
