/** A declared key of v2, in one of the transforms of `transforms.ts` or dropped. See mappings/README.md. */
export type MappedKey = {
  readonly type: 'string' | 'boolean' | 'integer' | 'number' | 'object' | 'array';
  /** `<resource>.<field>` of v3. */
  readonly target?: string;
  readonly transform?: TransformName;
  readonly choices?: Readonly<Record<string, string>>;
  readonly default?: string | number | boolean;
  /** Encrypted in the store, never shown by v3. */
  readonly secret?: boolean;
  /** Shown by v2 as asterisks. */
  readonly masked?: boolean;
  /** A value means that only certain clients may download. */
  readonly protects?: boolean;
  /** Why v3 has no place for it. v2 clients read it back all the same. */
  readonly dropped?: string;
  readonly note?: string;
};

export type TransformName =
  | 'text'
  | 'boolean'
  | 'integer'
  | 'number'
  | 'choice'
  | 'manifest_url'
  | 'proxy_host'
  | 'proxy_port'
  | 'base_path';

export type MappedKeys = Readonly<Record<string, MappedKey>>;

export type ImporterMapping = { readonly v2_type: string; readonly v3_type: string; readonly keys: MappedKeys };

export type DistributorMapping = {
  readonly v2_type: string;
  readonly v3_type?: string;
  readonly publisher?: Readonly<Record<string, string>>;
  readonly keys?: MappedKeys;
  /** Why distributors of this type have no counterpart. */
  readonly dropped?: string;
};

export type UnitMapping = {
  readonly v2_type: string;
  readonly v3_type: string;
  readonly collection: string;
  readonly key: readonly string[];
  readonly keys: MappedKeys;
};

/** One file of mappings/: a v2 plugin family and the v3 plugin that takes its place. */
export type FamilyMapping = {
  readonly family: string;
  readonly plugin: string;
  readonly title: string;
  readonly repository: { readonly type: string; readonly note: string; readonly legacy_root: string };
  readonly importer: ImporterMapping;
  readonly distributors: readonly DistributorMapping[];
  readonly units: readonly UnitMapping[];
};

export type Config = Readonly<Record<string, unknown>>;

/**
 * What v2 clients must read back although the store says it otherwise or not at all. `value` is shown (absent: the key
 * is hidden) as long as translating from the store gives `instead_of` (absent: nothing); once the store was changed
 * through v3, the translation wins.
 */
export type Kept = Readonly<Record<string, { readonly value?: unknown; readonly instead_of?: unknown }>>;

export type Dropped = { readonly key: string; readonly why: string };
