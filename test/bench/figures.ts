/** One measured figure with what it should reach and what the machine could do at the very most. */
export interface Figure {
  job: string;
  value: number;
  unit: string;
  /** "at least" for rates, "at most" for times and memory. */
  target: { kind: 'at least' | 'at most'; value: number } | null;
  ceiling: { value: number; what: string } | null;
}

/** Prints the figures as a table; true when every target is met. */
export function printFigures(figures: readonly Figure[]): boolean {
  const rows = figures.map((figure) => [
    figure.job,
    `${format(figure.value)} ${figure.unit}`,
    figure.target ? `${figure.target.kind} ${format(figure.target.value)}` : '',
    figure.target ? (isMet(figure) ? 'yes' : 'NO') : '',
    figure.ceiling ? `${format(figure.ceiling.value)} ${figure.unit} (${figure.ceiling.what})` : '',
  ]);
  const table = [['job', 'measured', 'target', 'met', 'ceiling of this machine'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of table) console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return figures.every((figure) => figure.target === null || isMet(figure));
}

function isMet({ value, target }: Figure): boolean {
  if (target === null) return true;
  return target.kind === 'at least' ? value >= target.value : value <= target.value;
}

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
}

export const atLeast = (value: number) => ({ kind: 'at least', value }) as const;
export const atMost = (value: number) => ({ kind: 'at most', value }) as const;
