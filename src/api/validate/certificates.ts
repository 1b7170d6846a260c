import { X509Certificate } from 'node:crypto';
import { invalidField } from '../../core/errors.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, each on its own lines; what stands around them is dropped. 400 where one is broken. */
export function certificatesOf(text: string, field: string): string {
  const blocks = text.match(CERTIFICATE);
  if (!blocks) throw invalidField(field, `No ${field} specified in string ${text}`);
  for (const block of blocks) assertReadable(block, field);
  return blocks.map((block) => `${block}\n`).join('');
}

function assertReadable(block: string, field: string): void {
  try {
    new X509Certificate(block);
  } catch (cause) {
    throw invalidField(field, `Invalid ${field} specified, error '${(cause as Error).message}'`);
  }
}
