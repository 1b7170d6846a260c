import type { FamilyMapping, MappedKeys } from './types.ts';

/** The mapping as a page of Markdown: what happens to every key. */
export function describeMapping(family: FamilyMapping): string {
  const parts = [
    `## ${family.family} → ${family.plugin}: ${family.title}`,
    `A repository is a \`${family.repository.type}\` repository; hosts find it below \`${family.repository.legacy_root}\`.`,
    `### Importer \`${family.importer.v2_type}\` → remote`,
    table(family.importer.keys),
  ];
  for (const distributor of family.distributors) {
    parts.push(`### Distributor \`${distributor.v2_type}\``);
    if (distributor.keys) parts.push('Becomes a publisher with its distribution.', table(distributor.keys));
    else parts.push(`Does not move: ${distributor.dropped}.`);
  }
  for (const unit of family.units) {
    parts.push(`### Unit \`${unit.v2_type}\` → content \`${unit.v3_type}\``, table(unit.keys));
  }
  return `${parts.join('\n\n')}\n`;
}

function table(keys: MappedKeys): string {
  const rows = Object.entries(keys).map(([name, key]) => {
    const target = key.target ? `\`${key.target}\`` : '–';
    const choices = Object.entries(key.choices ?? {}).map(([from, to]) => `${from} → ${to}`);
    const remarks = [
      key.dropped && `kept for v2 clients only: ${key.dropped}`,
      choices.join(', '),
      key.default !== undefined && `default ${key.default}`,
      key.secret && 'secret',
      key.note,
    ].filter(Boolean);
    return `| \`${name}\` | ${key.type} | ${target} | ${key.transform ?? '–'} | ${remarks.join('; ')} |`;
  });
  return ['| v2 key | type | v3 | transform | remarks |', '|---|---|---|---|---|', ...rows].join('\n');
}
