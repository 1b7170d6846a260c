import { randomUUID } from 'node:crypto';
import type { Json } from '../../src/core/task/types.ts';
import type { Transaction } from '../../src/platform/postgres/database.ts';
import { dropNulls, isTrue } from '../config.ts';
import { invalidValue } from '../errors.ts';
import type { JsonObject, V2App } from '../operation.ts';
import { checkDistributorConfig, distributorMapping } from '../plugins/check.ts';
import { isObject } from '../wire/body.ts';
import { createDistributor, removeDistributor } from './distributor-writes.ts';
import { findDistributor } from './distributors.ts';
import type { RepositoryView } from './repositories.ts';

/**
 * Adds the distributor that a body asks for; one with the same id goes first (v2-api.md 4.4). Gives its id. 400: unknown
 * type, bad id, config refused.
 */
export async function addDistributor(
  v2: V2App,
  tx: Transaction,
  view: RepositoryView,
  body: JsonObject,
): Promise<string> {
  const mapping = distributorMapping(v2, body.distributor_type_id);
  const id = distributorId(body.distributor_id);
  const given = body.distributor_config ?? {};
  if (!isObject(given)) throw invalidValue(['distributor_config']);
  const config = dropNulls(given);
  checkDistributorConfig(v2, mapping, config);
  const old = await findDistributor(v2, tx, view, id);
  if (old) await removeDistributor(v2, tx, old);
  await createDistributor(v2, tx, view, { id, mapping, config, autoPublish: isTrue(body.auto_publish) });
  return id;
}

function distributorId(given: Json | undefined): string {
  const id = given ?? randomUUID();
  if (typeof id !== 'string' || !/^[-_A-Za-z0-9]+$/.test(id)) throw invalidValue(['distributor_id']);
  return id;
}
