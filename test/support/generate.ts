import { writeFileSync } from 'node:fs';
import { renderTypes, TYPES_FILE } from './api-types.ts';
import { renderDocuments } from './generated-parts.ts';

// `npm run generate`: brings the generated parts of the documents, and the types of the v3 API, up to date.

for (const { path, present, wanted } of renderDocuments()) {
  if (present === wanted) continue;
  writeFileSync(path, wanted);
  console.log(`wrote ${path}`);
}

writeFileSync(TYPES_FILE, await renderTypes());
