import type { Models } from '../core/models.ts';
import type { CoreSettings, Services } from '../core/services.ts';
import type { Database } from '../platform/postgres/database.ts';
import type { App } from '../plugin/app.ts';
import type { Operation, Resource } from './declare/types.ts';
import type { FilterParameter } from './filter/expand.ts';
import type { Hrefs } from './hrefs.ts';
import type { MemberPlan } from './present/present.ts';
import type { BodyValidator } from './validate/schema.ts';

/** Everything that is the same for all requests, made once. */
export interface Api {
  app: App;
  services: Services;
  database: Database;
  models: Models;
  settings: CoreSettings;
  hrefs: Hrefs;
  operations: readonly Operation[];
  /** Of one kind and type; throws when it is not declared. */
  resourceOf(kind: string, type: string | null): Resource;
  /** Query parameters of a resource's list, by name. */
  filtersOf(resource: Resource): ReadonlyMap<string, FilterParameter>;
  planOf(resource: Resource): readonly MemberPlan[];
  validatorOf(operation: Operation): BodyValidator;
  /** The default of a purge: fixed at start (v3-api.md 2.11). */
  purgeBefore: string;
}
