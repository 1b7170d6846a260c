import type { Schema } from './schemas.ts';

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#222}
h2{margin-top:2rem;border-bottom:1px solid #ccc}summary{cursor:pointer;padding:.2rem 0}code{font-family:ui-monospace,monospace}
.GET{color:#0a6}.POST{color:#06c}.PUT,.PATCH{color:#a60}.DELETE{color:#c22}table{border-collapse:collapse;margin:.5rem 1.5rem}
td,th{text-align:left;padding:.1rem .8rem .1rem 0;vertical-align:top;font-size:.9em}b{display:inline-block;width:4.5rem}`;

interface OperationText {
  method: string;
  path: string;
  operation: Schema;
}

/** The document as a page for people: everything in it, nothing from elsewhere. */
export function renderPage(document: Schema): string {
  const groups = new Map<string, OperationText[]>();
  for (const [path, item] of Object.entries(document.paths as Record<string, Record<string, Schema>>)) {
    for (const [method, operation] of Object.entries(item)) {
      const tag = (operation.tags as string[])[0] ?? '';
      groups.set(tag, [...(groups.get(tag) ?? []), { method: method.toUpperCase(), path, operation }]);
    }
  }
  const sections = [...groups].sort(([left], [right]) => (left < right ? -1 : 1)).map(renderGroup);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Pulp 3 API</title><style>${STYLE}</style></head>
<body><h1>Pulp 3 API</h1><p>As a document: <a href="api.json">api.json</a>, <a href="api.yaml">api.yaml</a>.</p>${sections.join('')}</body></html>`;
}

function renderGroup([tag, operations]: [string, OperationText[]]): string {
  return `<h2>${escapeHtml(tag)}</h2>${operations.map(renderOperation).join('')}`;
}

function renderOperation({ method, path, operation }: OperationText): string {
  const parameters = (operation.parameters as Schema[]).filter(({ name }) => name !== 'X-Task-Diagnostics');
  const rows = parameters.map(
    ({ name, in: place, schema }) =>
      `<tr><td><code>${escapeHtml(`${name}`)}</code></td><td>${escapeHtml(`${place}`)}</td><td>${escapeHtml(typeText(schema as Schema))}</td></tr>`,
  );
  const body = requestName(operation);
  return `<details><summary><b class="${method}">${method}</b> <code>${escapeHtml(path)}</code> ${escapeHtml(`${operation.operationId}`)}</summary>
${rows.length > 0 ? `<table>${rows.join('')}</table>` : ''}${body ? `<p>Body: <code>${escapeHtml(body)}</code></p>` : ''}
<p>Answers: ${escapeHtml(Object.keys(operation.responses as object).join(', '))}</p></details>`;
}

function typeText(schema: Schema): string {
  if (schema.type === 'array') return `list of ${typeText(schema.items as Schema)}`;
  return `${schema.format ?? schema.type ?? 'any'}`;
}

function requestName(operation: Schema): string | null {
  const content = (operation.requestBody as Schema | undefined)?.content as Record<string, Schema> | undefined;
  const [first] = Object.values(content ?? {});
  const reference = (first?.schema as Schema | undefined)?.$ref;
  return typeof reference === 'string' ? (reference.split('/').at(-1) ?? null) : null;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
