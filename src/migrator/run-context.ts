import type { Services } from '../core/services.ts';
import type { Mappings } from '../mapping/load.ts';
import type { Registry } from '../plugin/registry.ts';
import type { ContentRoot } from './content-root.ts';
import type { PlanFile } from './plan/plan-file.ts';
import type { V2Source } from './sources/source.ts';

/** The steps of a run, in their order. */
export const STAGES = [
  'reading',
  'repositories',
  'content',
  'sources',
  'versions',
  'publications',
  'histories',
  'report',
] as const;

export type Stage = (typeof STAGES)[number];

/** Told as a run goes on; `total` is null while it is unknown, `bytes` counts what was read and checked. */
export type Progress = (stage: Stage, done: number, total: number | null, bytes: number) => void;

export interface RunContext {
  readonly services: Services;
  readonly registry: Registry;
  readonly mappings: Mappings;
  readonly source: V2Source;
  readonly files: ContentRoot;
  readonly plan: PlanFile;
  readonly migrationId: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}
