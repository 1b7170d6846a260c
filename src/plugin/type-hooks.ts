import type { TypeHooks } from '../core/tasks/hooks.ts';
import type { Registry } from './registry.ts';

/** What the core's general tasks ask, answered by the plugins of this process. */
export function typeHooks(registry: Registry): TypeHooks {
  return {
    repositoryKeys: (type) => registry.repositoryKeys(type),
    contentTypes: (type) => registry.repositoryType(type).contentTypes,
    naturalKey: (type) => registry.contentType(type).naturalKey,
    describeUpload: (database, upload) => registry.pluginOf(upload.type).describeUpload(database, upload),
    afterNewVersion: (job, type, version) => registry.repositoryType(type).afterNewVersion(job, version),
  };
}
