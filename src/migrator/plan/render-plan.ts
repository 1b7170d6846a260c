import type { Inventory, RepositoryInventory, SetAside, SetAsideItem } from './inventory-types.ts';

const MOST_REPOSITORIES = 50;
const MOST_ITEMS = 12;

/** The inventory as text for a terminal. */
export function renderPlan(inventory: Inventory): string {
  const { totals } = inventory;
  return [
    `Source   ${inventory.source}`,
    `Content  ${inventory.content_root}`,
    ...inventory.warnings.map((warning) => `Warning  ${warning}`),
    '',
    `Repositories: ${totals.repositories}, of which ${totals.repositories_moving} move`,
    ...inventory.repositories.slice(0, MOST_REPOSITORIES).map(renderRepository),
    ...more(inventory.repositories.length - MOST_REPOSITORIES),
    '',
    `Units: ${totals.units}, of which ${totals.units_moving} move`,
    ...inventory.types.map((type) => {
      const sizes = `${type.with_file} with file (${formatBytes(type.bytes)}), ${type.on_demand} on demand (${formatBytes(type.on_demand_bytes)})`;
      return type.moves
        ? `  ${type.type}: ${type.units} units: ${sizes}, ${type.set_aside} set aside`
        : `  ${type.type}: ${type.units} units stay behind: their type cannot be moved yet`;
    }),
    '',
    ...renderSetAside(inventory.set_aside),
    `To read and check: ${formatBytes(totals.bytes)}. Estimated time: ${formatSeconds(totals.seconds)}.`,
    'Nothing was written.',
    '',
  ].join('\n');
}

function renderRepository(repository: RepositoryInventory): string {
  const content = Object.entries(repository.content).map(([type, count]) => `${count} ${type}`);
  const holds = content.length > 0 ? content.join(', ') : 'empty';
  if (!repository.moves) return `  ${repository.id}: stays behind (${repository.reason}): ${holds}`;
  const { importer } = repository;
  const feed = importer?.feed ? `from ${importer.feed} (${importer.policy})` : 'without feed';
  const paths = repository.distributors.flatMap(({ base_path }) => (base_path === null ? [] : [base_path]));
  return `  ${repository.id}: ${holds}, ${feed}${paths.length > 0 ? `, served at ${paths.join(', ')}` : ''}`;
}

/** Shared by the plan and the report. */
export function renderSetAside(list: readonly SetAside[]): string[] {
  if (list.length === 0) return ['Nothing is set aside.', ''];
  const lines = list.flatMap((entry) => {
    const shown = entry.items.slice(0, MOST_ITEMS);
    const rest = entry.count - shown.reduce((sum, { count = 1 }) => sum + count, 0);
    return [
      `  ${entry.count} ${entry.kind}: ${entry.text} [${entry.reason}]`,
      ...shown.map(renderItem),
      ...(shown.length > 0 ? more(rest) : []),
    ];
  });
  return ['Set aside:', ...lines, ''];
}

function renderItem({ id, repository, detail, count }: SetAsideItem): string {
  const many = count === undefined ? detail : `${count} × ${detail}`;
  return `      ${[repository, id, many].filter(Boolean).join('  ')}`;
}

function more(count: number): string[] {
  return count > 0 ? [`      … and ${count} more`] : [];
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power]}`;
}

export function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
