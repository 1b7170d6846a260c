import type { Authenticator } from '../core/access/authenticate.ts';
import type { Services } from '../core/services.ts';
import type { Registry } from './registry.ts';

/** What every face is given. */
export interface App {
  services: Services;
  registry: Registry;
  authenticator: Authenticator;
  /** Further places where distributions of some types are served, beside the content prefix. */
  contentRoots: readonly ContentRoot[];
}

export interface ContentRoot {
  /** With slashes at both ends: "/pulp/isos/". */
  prefix: string;
  /** Distribution types that it serves. */
  types: readonly string[];
}
