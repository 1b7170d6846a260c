import { compileSchema, readChecked } from '../../platform/yaml/read-checked.ts';

/** What an operator may choose; read from YAML (docs: README, "Plan file"). */
export type PlanFile = {
  readonly repositories: {
    /** Ids or patterns with * and ?; undefined means all. An empty list means none. */
    readonly include?: readonly string[];
    readonly exclude?: readonly string[];
  };
  /** Prefixes of feeds and catalogue URLs that moved; the longest that fits counts. */
  readonly feeds: readonly { readonly from: string; readonly to: string }[];
  /** Whether units that are in no repository move as well. */
  readonly orphans: boolean;
};

export const MOVE_ALL: PlanFile = { repositories: {}, feeds: [], orphans: false };

const NAMES = { type: 'array', items: { type: 'string', minLength: 1 } };
const PREFIX = { type: 'string', pattern: '^[a-z][a-z0-9+.-]*://' };

const validate = compileSchema<Partial<PlanFile>>({
  type: 'object',
  additionalProperties: false,
  properties: {
    repositories: { type: 'object', additionalProperties: false, properties: { include: NAMES, exclude: NAMES } },
    feeds: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['from', 'to'],
        properties: { from: PREFIX, to: PREFIX },
      },
    },
    orphans: { type: 'boolean' },
  },
});

/** Reads a plan; a YamlError tells every mistake with its line. */
export function readPlanFile(text: string, name: string): PlanFile {
  return { ...MOVE_ALL, ...readChecked(text, name, validate) };
}

/** Checks a plan that came as data; a YamlError tells every mistake with its key. */
export function checkPlan(value: unknown, name: string): PlanFile {
  return readPlanFile(JSON.stringify(value), name);
}

export type Selection = (repoId: string) => boolean;

/** Which repositories a plan picks. */
export function makeSelection(plan: PlanFile): Selection {
  const { include, exclude = [] } = plan.repositories;
  const wanted = include?.map(toPattern);
  const unwanted = exclude.map(toPattern);
  return (repoId) =>
    (wanted?.some((pattern) => pattern.test(repoId)) ?? true) && !unwanted.some((pattern) => pattern.test(repoId));
}

function toPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}

/** Ids that a plan names outright (patterns may match nothing) and that are not there. */
export function unknownIds(plan: PlanFile, exists: (repoId: string) => boolean): string[] {
  const named = [...(plan.repositories.include ?? []), ...(plan.repositories.exclude ?? [])];
  return named.filter((name) => !/[*?]/.test(name) && !exists(name));
}

/** Rewrites the beginning of a URL as the plan says. */
export function makeFeedRewriter(plan: PlanFile): (url: string) => string {
  const rules = [...plan.feeds].sort((left, right) => right.from.length - left.from.length);
  return (url) => {
    const rule = rules.find(({ from }) => url.startsWith(from));
    return rule ? rule.to + url.slice(rule.from.length) : url;
  };
}

/** An importer's config with its feed rewritten. */
export function rewriteFeed(
  config: Record<string, unknown>,
  rewrite: (url: string) => string,
): Record<string, unknown> {
  return typeof config.feed === 'string' ? { ...config, feed: rewrite(config.feed) } : config;
}
