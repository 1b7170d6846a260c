import type { Dropped } from '../../mapping/types.ts';
import type { Reason } from '../reasons.ts';

/** Something that does not move. */
export type SetAsideItem = {
  readonly id: string;
  readonly repository?: string;
  readonly detail?: string;
  /** More than one: told together. */
  readonly count?: number;
};

export type SetAside = {
  readonly kind: string;
  readonly reason: Reason;
  readonly text: string;
  readonly count: number;
  /** The first of them; `run` records all. */
  readonly items: readonly SetAsideItem[];
};

export type RepositoryInventory = {
  readonly id: string;
  readonly moves: boolean;
  readonly reason: Reason | null;
  readonly family: string | null;
  /** Associations by unit type. */
  readonly content: Readonly<Record<string, number>>;
  readonly importer: {
    readonly type: string;
    /** Without credentials, as the plan rewrites it. */
    readonly feed: string | null;
    readonly url: string | null;
    readonly policy: string | null;
    readonly dropped: readonly Dropped[];
  } | null;
  readonly distributors: readonly {
    readonly id: string;
    readonly type: string;
    readonly moves: boolean;
    readonly reason: Reason | null;
    readonly base_path: string | null;
    readonly published: boolean;
    readonly dropped: readonly Dropped[];
  }[];
};

export type TypeInventory = {
  readonly type: string;
  readonly moves: boolean;
  readonly units: number;
  /** Units that some repository of the plan holds (or all, with orphans). */
  readonly selected: number;
  readonly with_file: number;
  readonly on_demand: number;
  readonly set_aside: number;
  readonly bytes: number;
  readonly on_demand_bytes: number;
  readonly associations: number;
};

/** What is in a source, what would move and what not. Plain data: `plan --json` prints it. */
export type Inventory = {
  readonly source: string;
  readonly content_root: string;
  readonly warnings: readonly string[];
  readonly repositories: readonly RepositoryInventory[];
  readonly types: readonly TypeInventory[];
  readonly other_collections: Readonly<Record<string, number>>;
  readonly set_aside: readonly SetAside[];
  readonly totals: {
    readonly repositories: number;
    readonly repositories_moving: number;
    readonly units: number;
    readonly units_moving: number;
    readonly bytes: number;
    readonly on_demand_bytes: number;
    readonly seconds: number;
  };
};
