-- The roles that Pulp 3 brings for what is here: <app>.<model>_{creator,owner,viewer}.
insert into role (name, permissions, locked)
select app || '.' || model || '_creator', array[app || '.add_' || model], true
from (values ('file', 'filerepository'), ('file', 'fileremote'), ('file', 'filepublisher'), ('file', 'filepublication'),
  ('file', 'filedistribution'), ('core', 'rbaccontentguard'), ('core', 'headercontentguard'), ('core', 'group'),
  ('core', 'upload')) known (app, model)
union all
select app || '.' || model || '_owner', array[app || '.view_' || model, app || '.change_' || model,
  app || '.delete_' || model, app || '.manage_roles_' || model] || more, true
from (values ('file', 'filerepository', array['file.modify_content_filerepository', 'file.repair_filerepository',
    'file.sync_filerepository', 'file.delete_filerepository_version']),
  ('file', 'fileremote', '{}'), ('file', 'filepublisher', '{}'), ('file', 'filepublication', '{}'),
  ('file', 'filedistribution', '{}'), ('core', 'rbaccontentguard', array['core.download_rbaccontentguard']),
  ('core', 'headercontentguard', '{}'), ('core', 'group', '{}'), ('core', 'upload', '{}'), ('core', 'task', '{}')
) known (app, model, more)
union all
select app || '.' || model || '_viewer', array[app || '.view_' || model], true
from (values ('file', 'filerepository'), ('file', 'fileremote'), ('file', 'filepublisher'), ('file', 'filepublication'),
  ('file', 'filedistribution'), ('core', 'rbaccontentguard'), ('core', 'headercontentguard'), ('core', 'task')
) known (app, model)
union all
select 'core.rbaccontentguard_downloader', array['core.download_rbaccontentguard'], true;
