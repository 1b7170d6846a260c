import { invalidTogether } from '../../core/errors.ts';
import type { JsonObject } from '../call.ts';

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
    const sources = ['repository', 'repository_version', 'publication'].filter((name) => columns[`${name}_id`]);
    const [first, second] = sources;
    if (first && second) {
      throw invalidTogether(`Only one of the attributes '${first}' and '${second}' may be used simultaneously.`);
    }
    if (columns.checkpoint && !columns.repository_id) {
      throw invalidTogether("The 'checkpoint' attribute may only be used with the 'repository' attribute.");
    }
  },
};
