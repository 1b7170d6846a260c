import colors from 'picocolors';
import { ADMIN } from '../boot/first-admin.ts';
import type { Serving } from '../boot/serve.ts';
import type { Config } from '../config/config.ts';
import { version } from '../config/root.ts';

/** What the person who started the server wants to know, on one screen. */
export function showScreen(config: Config, { installation }: Serving, origin: string): void {
  const { generatedPassword, home, server } = installation;
  const rows: [string, string][] = [
    ['v3 API', `${origin}/pulp/api/v3/`],
    ['v2 API', `${origin}/pulp/api/v2/`],
    ['Content', `${config.contentOrigin ?? origin}${config.contentPathPrefix}`],
    ['Metrics', `${origin}/metrics`],
    ['State', `${config.home} (${server.description})`],
    ['Account', accountLine(generatedPassword, home.adminPasswordFile)],
    ['Migrate', 'npx pulp-gateway migrate plan --source URI'],
    ['Stop', 'Ctrl-C'],
  ];
  const lines = rows.map(([name, value]) => `  ${colors.dim(name.padEnd(8))}  ${value}`);
  console.log(['', `  ${colors.bold(`pulp-gateway ${version}`)}`, '', ...lines, ''].join('\n'));
}

function accountLine(generated: string | null, file: string): string {
  if (generated === null) return ADMIN;
  return `${ADMIN}, password ${colors.bold(generated)} (shown this once; also in ${file})`;
}
