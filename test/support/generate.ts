import { writeFileSync } from 'node:fs';
import { renderDocuments } from './generated-parts.ts';

// `npm run generate`: brings the generated parts of the documents up to date.

for (const { path, present, wanted } of renderDocuments()) {
  if (present === wanted) continue;
  writeFileSync(path, wanted);
  console.log(`wrote ${path}`);
}
