/** pulp_type of everything of this plugin. */
export const FILE = 'file.file';

export const SYNC_TASK = 'pulp_file.app.tasks.synchronizing.synchronize';
export const PUBLISH_TASK = 'pulp_file.app.tasks.publishing.publish';

/** Of the list of files, at a remote and in a publication. */
export const MANIFEST = 'PULP_MANIFEST';
