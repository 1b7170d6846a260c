import { toBoolean } from './transforms.ts';
import { applyKept, fieldsOf, fromFields, keepDifferences, prefixed, toFields } from './translate.ts';
import type { Config, DistributorMapping, Dropped, Kept, MappedKeys } from './types.ts';

export type PublisherTranslation = {
  readonly publisher: { readonly type: string; readonly data: Readonly<Record<string, unknown>> };
  readonly distribution: { readonly base_path: string };
  /** False when the config says that nothing is to be served (serve_http and serve_https both false). */
  readonly served: boolean;
  /** True when only hosts with a certificate may download. */
  readonly guarded: boolean;
  readonly kept: Kept;
  readonly dropped: readonly Dropped[];
};

/**
 * The publisher and the distribution that a distributor's config stands for. `basePath` overrides the one that follows
 * from the config, for the case that it is taken.
 */
export function distributorToPublisher(
  mapping: DistributorMapping,
  config: Config,
  repoId: string,
  basePath?: string,
): PublisherTranslation {
  const keys = keysOf(mapping);
  const { fields, dropped } = toFields(keys, config);
  const { base_path = repoId } = fieldsOf(fields, 'distribution');
  const distribution = { base_path: basePath ?? String(base_path) };
  return {
    publisher: { type: mapping.v3_type ?? '', data: { ...mapping.publisher, ...fieldsOf(fields, 'publisher') } },
    distribution,
    served: isServed(config),
    guarded: Object.entries(keys).some(([name, key]) => key.protects === true && Boolean(config[name])),
    kept: keepDifferences(config, derive(keys, distribution, repoId)),
    dropped,
  };
}

/** The config that v2 clients read; `distribution` is null when the publisher has none. */
export function publisherToDistributor(
  mapping: DistributorMapping,
  distribution: { readonly base_path: string } | null,
  kept: Kept,
  repoId: string,
): Record<string, unknown> {
  return applyKept(derive(keysOf(mapping), distribution ?? { base_path: repoId }, repoId), kept);
}

function keysOf(mapping: DistributorMapping): MappedKeys {
  if (!mapping.keys) throw new Error(`Distributors of type ${mapping.v2_type} have no counterpart: ${mapping.dropped}`);
  return mapping.keys;
}

/** A base path that is the repository's id is the default, which v2 configs do not name. */
function derive(
  keys: MappedKeys,
  distribution: { readonly base_path: string },
  repoId: string,
): Record<string, unknown> {
  const config = fromFields(keys, prefixed('distribution', distribution));
  if (config.relative_url === repoId) delete config.relative_url;
  return config;
}

/** iso: serve_https is on unless said otherwise, serve_http is off (v2-plugins.md 1.8.2). */
function isServed(config: Config): boolean {
  return (toBoolean(config.serve_https) ?? true) || (toBoolean(config.serve_http) ?? false);
}
