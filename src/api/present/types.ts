import type { Json } from '../../core/task/types.ts';
import type { Api } from '../api.ts';
import type { Resource } from '../declare/types.ts';

/** A row of a view. */
export type Row = { [column: string]: Json };

export interface PresentContext {
  api: Api;
  resource: Resource;
  /** Origin of content URLs. */
  contentOrigin: string;
  related: Related;
}

/** What task rows name, looked up for all rows of an answer at once. */
export interface Related {
  /** Href by PRN of what still exists. */
  hrefs: ReadonlyMap<string, string>;
  /** Serialised objects by PRN. */
  results: ReadonlyMap<string, Json>;
  /** Minimal tasks by id. */
  tasks: ReadonlyMap<string, Json>;
}

export type Presenter = (row: Row, context: PresentContext) => Json;
