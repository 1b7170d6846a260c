import { join } from 'node:path';
import { Router } from 'express';
import type { ModelKind } from '../core/models.ts';
import type { App } from '../plugin/app.ts';
import type { Api } from './api.ts';
import { loadDeclarations } from './declare/load.ts';
import { buildOperations } from './declare/operations.ts';
import type { Operation, Resource } from './declare/types.ts';
import { expandFilters } from './filter/expand.ts';
import { createHrefs } from './hrefs.ts';
import { dispatchRequest } from './http/dispatch.ts';
import { createRouteTable } from './http/route-table.ts';
import { HANDLERS } from './operations/handlers.ts';
import { planOf } from './present/present.ts';
import { TABLES } from './tables.ts';
import { createBodyValidator } from './validate/schema.ts';

const CORE_RESOURCES = 'src/core/resources';
const PURGE_AFTER_DAYS = 30;

/** The v3 face, to be mounted at the API root. `projectRoot`: the folder that the resource declarations lie below. */
export function createV3Router(app: App, projectRoot: string): Router {
  const api = createApi(app, projectRoot);
  const dispatcher = { api, routes: createRouteTable(api.operations), handlers: HANDLERS };
  const router = Router();
  router.use((request, response) => dispatchRequest(dispatcher, request, response, request.url));
  return router;
}

/** Reads and checks all declarations; throws when something in them does not exist. */
export function createApi(app: App, projectRoot: string): Api {
  const { services, registry } = app;
  const { models } = services;
  const sources = [
    { component: 'core', path: join(projectRoot, CORE_RESOURCES) },
    ...registry.plugins.map(({ label, resources }) => ({
      component: label,
      path: join(projectRoot, resources, 'resources.yaml'),
    })),
  ];
  const declarations = loadDeclarations(sources, models);
  const resources = declarations.resources.map(({ resource }) => resource);
  const operations = buildOperations(declarations);
  return {
    app,
    services,
    database: services.database,
    models,
    settings: services.settings,
    hrefs: createHrefs(models, Object.keys(TABLES) as ModelKind[]),
    operations,
    ...lookups(resources, operations),
    purgeBefore: new Date(Date.now() - PURGE_AFTER_DAYS * 86_400_000).toISOString(),
  };
}

function lookups(resources: readonly Resource[], operations: readonly Operation[]) {
  const byKind = new Map<string, Resource>();
  for (const resource of resources) {
    const key = `${resource.kind} ${resource.type ?? ''}`;
    if (!byKind.has(key)) byKind.set(key, resource);
  }
  const filters = new Map(resources.map((resource) => [resource, expandFilters(resource.filters)]));
  const plans = new Map(resources.map((resource) => [resource, planOf(resource)]));
  const validators = new Map(
    operations.flatMap((operation) =>
      operation.body ? [[operation, createBodyValidator(operation.body)] as const] : [],
    ),
  );
  return {
    resourceOf: (kind: string, type: string | null) =>
      known(byKind.get(`${kind} ${type ?? ''}`) ?? byKind.get(`${kind} `), `${kind} ${type}`),
    filtersOf: (resource: Resource) => known(filters.get(resource), resource.name),
    planOf: (resource: Resource) => known(plans.get(resource), resource.name),
    validatorOf: (operation: Operation) => known(validators.get(operation), operation.id),
  };
}

function known<Entry>(entry: Entry | undefined, name: string): Entry {
  if (entry === undefined) throw new Error(`${name} is not declared.`);
  return entry;
}
