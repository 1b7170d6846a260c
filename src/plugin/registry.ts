import type { RepositoryKey } from '../core/repository/types.ts';
import type { ContentType, Plugin, RepositoryType } from './plugin.ts';

/** The plugins of this process, looked up by the types they declare. */
export interface Registry {
  plugins: readonly Plugin[];
  repositoryType(type: string): RepositoryType;
  contentType(type: string): ContentType;
  /** Rules of uniqueness for versions of a repository type. */
  repositoryKeys(type: string): RepositoryKey[];
  /** The plugin that declared a type of any kind. */
  pluginOf(type: string): Plugin;
}

export function createRegistry(plugins: readonly Plugin[]): Registry {
  const repositoryTypes = new Map(
    plugins.flatMap((plugin) => plugin.repositoryTypes.map((entry) => [entry.type, entry])),
  );
  const contentTypes = new Map(plugins.flatMap((plugin) => plugin.contentTypes.map((entry) => [entry.type, entry])));
  const byLabel = new Map(plugins.map((plugin) => [plugin.label, plugin]));

  const repositoryType = (type: string) => known(repositoryTypes.get(type), type);
  const contentType = (type: string) => known(contentTypes.get(type), type);
  return {
    plugins,
    repositoryType,
    contentType,
    repositoryKeys: (type) =>
      repositoryType(type)
        .contentTypes.map(contentType)
        .filter((entry) => entry.repositoryKey.length > 0)
        .map((entry) => ({ type: entry.type, fields: entry.repositoryKey })),
    pluginOf: (type) => known(byLabel.get(type.split('.')[0] ?? ''), type),
  };
}

function known<Entry>(entry: Entry | undefined, type: string): Entry {
  if (entry === undefined) throw new Error(`No plugin declares ${type}.`);
  return entry;
}
