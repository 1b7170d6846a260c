import type { Api } from '../../src/api/api.ts';
import { buildDocument } from '../../src/api/openapi/document.ts';
import type { DocumentVariant } from '../../src/api/openapi/parameters.ts';
import type { Schema } from '../../src/api/openapi/schemas.ts';
import { createApi } from '../../src/api/router.ts';
import { CORE_MODELS, createModels } from '../../src/core/models.ts';
import type { Services } from '../../src/core/services.ts';
import type { App } from '../../src/plugin/app.ts';
import { createRegistry } from '../../src/plugin/registry.ts';
import { filePlugin } from '../../src/plugins/file/index.ts';

export const EVERYTHING: DocumentVariant = { bindings: false, plainPaths: false, components: null };

/** The API of this checkout as far as it can be asked without a database. */
export function offlineApi(): Api {
  const services = {
    models: createModels([...CORE_MODELS, ...filePlugin.models]),
    settings: { versions: { core: '3.123.1', file: filePlugin.version } },
  } as unknown as Services;
  const app = { services, registry: createRegistry([filePlugin]), contentRoots: [] } as unknown as App;
  return createApi(app, process.cwd());
}

export function offlineDocument(variant: DocumentVariant): Schema {
  return buildDocument(offlineApi(), variant, 'http://server.example');
}
