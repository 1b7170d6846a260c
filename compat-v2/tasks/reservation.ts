import type { V2App } from '../operation.ts';
import type { RepositoryView } from '../store/repositories.ts';

/** PRN of a repository: its tasks run one at a time, in order (v2-api.md 2.4). */
export function repositoryPrn({ app }: V2App, view: Pick<RepositoryView, 'id' | 'type'>): string {
  return app.services.models.prn('repository', view.type, view.id);
}
