import { invalidTogether } from '../../core/errors.ts';
import type { JsonObject } from '../call.ts';

/** Sources of a distribution that exclude each other, as Pulp 3 looks at them. */
const EXCLUSIVE = [
  ['publication', 'repository_version'],
  ['repository', 'repository_version'],
  ['repository', 'publication'],
] as const;

/** Rules that concern several columns, as they will be after the request. */
export const TOGETHER: Record<string, (columns: JsonObject) => void> = {
  remote_credentials({ proxy_url, proxy_username, proxy_password }) {
    if (!proxy_url && (proxy_username || proxy_password)) {
      throw invalidTogether('proxy credentials cannot be specified without a proxy');
    }
    if (Boolean(proxy_username) !== Boolean(proxy_password)) {
      throw invalidTogether('proxy username and password can only be specified together');
    }
  },

  distribution_sources(columns) {
    const both = EXCLUSIVE.find((pair) => pair.every((name) => columns[`${name}_id`]));
    if (both) {
      throw invalidTogether(`Only one of the attributes '${both[0]}' and '${both[1]}' may be used simultaneously.`);
    }
    if (columns.checkpoint && !columns.repository_id) {
      throw invalidTogether("The 'checkpoint' attribute may only be used with the 'repository' attribute.");
    }
  },
};
