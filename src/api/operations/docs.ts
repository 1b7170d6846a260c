import { stringify } from 'yaml';
import type { Answer, Call, Handler } from '../call.ts';
import { HttpError } from '../http/http-error.ts';
import { buildDocument } from '../openapi/document.ts';
import { renderPage } from '../openapi/page.ts';
import type { DocumentVariant } from '../openapi/parameters.ts';

const JSON_TYPE = 'application/vnd.oai.openapi+json';
const YAML_TYPE = 'application/vnd.oai.openapi; charset=utf-8';
const MAX_AGE_S = 8_640_000;

export const DOCS_HANDLERS: Record<string, Handler> = {
  docs_json: (call) => documentAnswer(call, typeWanted(call), (document) => JSON.stringify(document), 'json'),
  docs_yaml: (call) => documentAnswer(call, YAML_TYPE, (document) => stringify(document), 'yaml'),
  docs_page: (call) => ({
    status: 200,
    text: { type: 'text/html; charset=utf-8', content: renderPage(buildDocument(call.api, EVERYTHING, call.origin)) },
  }),
};

const EVERYTHING: DocumentVariant = { bindings: false, plainPaths: false, components: null };

/** `application/json` only for those who ask for it by name (corrections.md 1.3). */
function typeWanted(call: Call): string {
  const accept = call.request.headers.accept ?? '';
  return accept.includes('application/json') ? 'application/json' : JSON_TYPE;
}

function documentAnswer(call: Call, type: string, write: (document: object) => string, extension: string): Answer {
  try {
    const document = buildDocument(call.api, variantOf(call), call.origin);
    return { status: 200, text: { type, content: write(document) }, headers: cachingHeaders(extension) };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return { status: error.status, text: { type, content: JSON.stringify(error.body) } };
  }
}

function variantOf({ api, query }: Call): DocumentVariant {
  if (query.has('plugin')) throw new HttpError(400, "'plugin' has been removed. Use 'component' instead.");
  const components = query.get('component')?.split(',') ?? null;
  if (components?.some((name) => api.settings.versions[name] === undefined)) {
    throw new HttpError(400, 'Invalid component specified.');
  }
  return { bindings: query.has('bindings'), plainPaths: query.has('pk_path'), components };
}

function cachingHeaders(extension: string): Record<string, string> {
  return {
    'Cache-Control': `max-age=${MAX_AGE_S}`,
    Expires: new Date(Date.now() + MAX_AGE_S * 1000).toUTCString(),
    'Content-Disposition': `inline; filename="Pulp 3 API.${extension}"`,
  };
}
