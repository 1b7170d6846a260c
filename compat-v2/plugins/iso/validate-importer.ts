import { toBoolean } from '../../../src/mapping/transforms.ts';
import type { JsonObject } from '../../operation.ts';
import { pyStr, pyType } from '../../wire/python.ts';

type Check = (config: JsonObject) => string | null;

/** In the order of the original, which stops at the first failure (v2-plugins.md 1.8.1). */
const CHECKS: readonly Check[] = [
  text('feed', () => '<feed> must be a string.'),
  maxSpeed,
  count('max_downloads'),
  pair('proxy_username', 'proxy_password'),
  plainText('proxy_password'),
  count('proxy_port'),
  proxyHost,
  plainText('proxy_host'),
  pair('proxy_password', 'proxy_username'),
  plainText('proxy_username'),
  truth('remove_missing'),
  plainText('ssl_ca_cert'),
  clientKey,
  plainText('ssl_client_cert'),
  plainText('ssl_client_key'),
  truth('validate'),
];

/** Why an iso_importer refuses a config; null when it takes it. Keys that nobody knows are taken. */
export function refuseImporterConfig(config: JsonObject): string | null {
  for (const check of CHECKS) {
    const refusal = check(config);
    if (refusal !== null) return refusal;
  }
  return null;
}

/** What a config value may only be, in the words that the iso plugin uses for booleans. */
export function truth(name: string): Check {
  return (config) => {
    const value = config[name];
    if (value === undefined || toBoolean(value) !== undefined) return null;
    return `The configuration parameter <${name}> may only be set to a boolean value, but is currently set to <${pyStr(value)}>.`;
  };
}

function text(name: string, words: (value: unknown) => string): Check {
  return (config) => {
    const value = config[name];
    return value === undefined || typeof value === 'string' ? null : words(value);
  };
}

function plainText(name: string): Check {
  return text(
    name,
    (value) => `The configuration parameter <${name}> should be a string, but it was <type '${pyType(value)}'>.`,
  );
}

function maxSpeed({ max_speed: value }: JsonObject): string | null {
  if (value === undefined) return null;
  const number =
    typeof value === 'number' || (typeof value === 'string' && value.trim() !== '') ? Number(value) : Number.NaN;
  if (number > 0) return null;
  const shown = Number.isNaN(number) ? pyStr(value) : floatText(number);
  return `The configuration parameter <max_speed> must be set to a positive numerical value, but is currently set to <${shown}>.`;
}

/** Python prints a float with a fraction. */
function floatText(number: number): string {
  return Number.isInteger(number) ? `${number}.0` : String(number);
}

function count(name: string): Check {
  return (config) => {
    const value = config[name];
    if (value === undefined || isCount(value)) return null;
    return `The configuration parameter <${name}> must be set to a positive integer, but is currently set to <${pyStr(value)}>.`;
  };
}

function isCount(value: unknown): boolean {
  if (typeof value === 'string') return /^\s*\+?\d+\s*$/.test(value) && Number(value) > 0;
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}

function pair(name: string, other: string): Check {
  return (config) =>
    config[name] !== undefined && config[other] === undefined
      ? `The configuration parameter <${name}> requires the <${other}> parameter to also be set.`
      : null;
}

function proxyHost(config: JsonObject): string | null {
  const needing = ['proxy_password', 'proxy_port', 'proxy_username'].some((name) => config[name] !== undefined);
  if (!needing || config.proxy_host !== undefined) return null;
  return 'The configuration parameter <proxy_host> is required when any of the following other parameters are defined: proxy_password, proxy_port, proxy_username.';
}

function clientKey(config: JsonObject): string | null {
  if (config.ssl_client_key === undefined || config.ssl_client_cert !== undefined) return null;
  return 'The configuration parameter <ssl_client_key> requires the <ssl_client_cert> parameter to also be set.';
}
