import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessMemory {
  pid: number;
  command: string;
  /** MiB, pages shared with others counted in part. */
  pss: number;
  /** MiB, the most it ever had. */
  peak: number;
}

/** Memory of a process and all its descendants; empty where there is no /proc. */
export function memoryOfTree(root: number): ProcessMemory[] {
  const parents = new Map(processes().map((pid) => [pid, parentOf(pid)]));
  const within = (pid: number): boolean => pid === root || (parents.has(pid) && within(parents.get(pid) ?? 0));
  return [...parents.keys()].filter(within).map((pid) => ({
    pid,
    command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 60),
    pss: kib(`/proc/${pid}/smaps_rollup`, 'Pss') / 1024,
    peak: kib(`/proc/${pid}/status`, 'VmHWM') / 1024,
  }));
}

function processes(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

function kib(file: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(read(file))?.[1] ?? 0);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
