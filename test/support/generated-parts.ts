import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/config/root.ts';
import { describeSettings } from '../../src/config/settings.ts';
import { describeMapping } from '../../src/mapping/describe.ts';
import { loadMappings } from '../../src/mapping/load.ts';

/** A stretch of a document between `<!-- name: … -->` and `<!-- /name -->` that the code knows better. */
interface GeneratedPart {
  file: string;
  name: string;
  render: () => string;
}

const PARTS: readonly GeneratedPart[] = [
  { file: 'README.md', name: 'settings', render: settingsTable },
  { file: 'mappings/README.md', name: 'families', render: mappingTables },
];

/** Each document with generated parts, as it should be. */
export function renderDocuments(): { path: string; present: string; wanted: string }[] {
  return PARTS.map(({ file, name, render }) => {
    const path = join(projectRoot, file);
    const present = readFileSync(path, 'utf8');
    return { path, present, wanted: replacePart(present, name, render()) };
  });
}

function replacePart(text: string, name: string, part: string): string {
  const pattern = new RegExp(`(<!-- ${name}:[^>]*-->\n)[^]*?(<!-- /${name} -->)`);
  if (!pattern.test(text)) throw new Error(`The marks of the part "${name}" are missing.`);
  return text.replace(pattern, (_all, start: string, end: string) => `${start}\n${part}\n${end}`);
}

function settingsTable(): string {
  const rows = describeSettings().map(
    ({ variable, shownDefault, description }) => `| \`${variable}\` | ${shownDefault} | ${description} |`,
  );
  return ['| setting | default | meaning |', '|---|---|---|', ...rows, ''].join('\n');
}

function mappingTables(): string {
  return loadMappings(join(projectRoot, 'mappings')).families.map(describeMapping).join('\n');
}
