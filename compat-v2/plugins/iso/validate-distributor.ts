import { X509Certificate } from 'node:crypto';
import { normaliseBasePath, PathError } from '../../../src/platform/storage/paths.ts';
import type { JsonObject } from '../../operation.ts';
import { pyStr, pyType } from '../../wire/python.ts';
import { truth } from './validate-importer.ts';

/** What an index of paths can hold. */
const LONGEST = 1000;

/** Why an iso_distributor refuses a config, apart from its path being taken; null when it takes it (v2-plugins.md 1.8.2). */
export function refuseDistributorConfig(config: JsonObject): string | null {
  return truth('serve_http')(config) ?? truth('serve_https')(config) ?? certificate(config) ?? relativeUrl(config);
}

function certificate({ ssl_auth_ca_cert: value }: JsonObject): string | null {
  if (value === undefined || value === '') return null;
  try {
    if (typeof value === 'string' && new X509Certificate(value)) return null;
  } catch {
    // Said below.
  }
  return 'The SSL certificate <ssl_auth_ca_cert> is not a valid certificate.';
}

function relativeUrl({ relative_url: value }: JsonObject): string | null {
  if (value === undefined) return null;
  if (typeof value !== 'string') {
    return `Configuration value for [relative_url] must be a string, but is a <type '${pyType(value)}'>`;
  }
  if (value.startsWith('/')) return `Value for [relative_url]  must be be a relative path: ${pyStr(value)}`;
  if (value.length > LONGEST) return `Value for [relative_url] is longer than ${LONGEST} characters`;
  try {
    if (value !== '') normaliseBasePath(value);
    return null;
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    return `Value for [relative_url] ${error.reason}: ${value}`;
  }
}
