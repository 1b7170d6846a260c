import { type Config, loadConfig } from '../config/config.ts';

/** The settings of this process. Names that are no setting are reported on standard error. */
export function loadSettings(): Config {
  const { config, warnings } = loadConfig();
  for (const warning of warnings) console.error(`Warning: ${warning}`);
  return config;
}
