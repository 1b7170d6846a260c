import type { Model, ModelKind } from '../../core/models.ts';
import type { Plugin } from '../../plugin/plugin.ts';
import { FILE, PUBLISH_TASK, SYNC_TASK } from './names.ts';
import { publishIfWanted } from './publish/after-new-version.ts';
import { manifestName, publishTask } from './publish/publish.ts';
import { publishVersion } from './publish/publish-version.ts';
import { synchronizeTask } from './sync/synchronize.ts';
import { describeUpload } from './upload.ts';

/** Plain files by path: what Pulp 2 called ISOs. */
export const filePlugin: Plugin = {
  label: 'file',
  version: '3.123.1',
  package: 'pulpcore',
  module: 'pulp_file.app',
  models: [
    model('repository', 'FileRepository', 'repositories/file/file/'),
    model('remote', 'FileRemote', 'remotes/file/file/'),
    model('publisher', 'FilePublisher', 'publishers/file/file/'),
    model('publication', 'FilePublication', 'publications/file/file/'),
    model('distribution', 'FileDistribution', 'distributions/file/file/'),
    model('content', 'FileContent', 'content/file/files/'),
    {
      ...model('acs', 'FileAlternateContentSource', 'acs/file/file/'),
      href: 'file_file_alternate_content_source_href',
    },
  ],
  contentTypes: [{ type: FILE, naturalKey: ['relative_path', 'sha256'], repositoryKey: ['relative_path'] }],
  repositoryTypes: [
    {
      type: FILE,
      contentTypes: [FILE],
      remoteTypes: [FILE],
      publisherType: FILE,
      publicationType: FILE,
      distributionType: FILE,
      syncTask: SYNC_TASK,
      publishTask: PUBLISH_TASK,
      publishVersion: (services, version, publisher, signal) =>
        publishVersion(
          services,
          version,
          { manifest: manifestName(undefined, publisher), publisher: publisher.id, checkpoint: false },
          signal,
        ),
      afterNewVersion: publishIfWanted,
    },
  ],
  tasks: [synchronizeTask, publishTask],
  resources: 'src/plugins/file',
  migrations: null,
  describeUpload,
};

function model(kind: ModelKind, name: string, endpoint: string): Model {
  return { kind, type: FILE, label: `file.${name.toLowerCase()}`, name, endpoint, href: `file_file_${kind}_href` };
}
