/** Of the task that moves an old installation into this one; its arguments are { source, content_root, plan, dry_run }. */
export const MIGRATE_TASK = 'pulp_gateway.migrator.migrate';
