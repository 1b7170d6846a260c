import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const PREFIX = 'sb1:';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface SecretBox {
  /** Returns `sb1:` and base64 of nonce, tag and cipher text. The same text gives another result every time. */
  seal(text: string): string;
  /** Returns the text that was sealed. Throws `SecretBoxError` when it was sealed with another key, or tampered with. */
  open(sealed: string): string;
  isSealed(text: string): boolean;
}

/** A sealed text that cannot be opened. Its message never holds the text. */
export class SecretBoxError extends Error {}

/** Encrypts short texts with AES-256-GCM. The key has 32 bytes; a key of another length throws. */
export function createSecretBox(key: Buffer): SecretBox {
  if (key.length !== KEY_BYTES) throw new SecretBoxError(`the key has ${key.length} bytes instead of ${KEY_BYTES}`);
  return { seal: (text) => seal(key, text), open: (sealed) => open(key, sealed), isSealed };
}

function isSealed(text: string): boolean {
  return text.startsWith(PREFIX);
}

function seal(key: Buffer, text: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return PREFIX + Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
}

function open(key: Buffer, sealed: string): string {
  if (!isSealed(sealed)) throw new SecretBoxError('the text was never sealed');
  const bytes = Buffer.from(sealed.slice(PREFIX.length), 'base64');
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new SecretBoxError('the sealed text is cut off');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch (cause) {
    throw new SecretBoxError(
      'the text was sealed with another key than that of PULP_SECRET_KEY or secret.key, or changed since',
      { cause },
    );
  }
}
