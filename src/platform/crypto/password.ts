import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** What stands in front of a `salt,digest` pair taken over from a Pulp 2 installation. */
export const CHAINED_HMAC_PREFIX = 'pulp2$';

const SCRYPT = { cost: 16384, blockSize: 8, parallelization: 1 };
const DIGEST_BYTES = 32;
const CHAIN_ROUNDS = 5000;

/** Returns `scrypt$<cost>$<block size>$<parallelization>$<salt>$<digest>`, the last two in base64. About 40 ms in a pool thread. */
export async function hashPassword(text: string): Promise<string> {
  const salt = randomBytes(16);
  const digest = await scryptDigest(text, salt, SCRYPT);
  const { cost, blockSize, parallelization } = SCRYPT;
  return ['scrypt', cost, blockSize, parallelization, salt.toString('base64'), digest.toString('base64')].join('$');
}

/** True when `text` is the password behind `stored`. A stored form that nobody knows verifies nothing. */
export async function verifyPassword(text: string, stored: string): Promise<boolean> {
  if (stored.startsWith(CHAINED_HMAC_PREFIX)) return verifyChain(text, stored.slice(CHAINED_HMAC_PREFIX.length));
  const [scheme, cost, blockSize, parallelization, salt, digest] = stored.split('$');
  if (scheme !== 'scrypt' || !salt || !digest) return false;
  const parameters = { cost: Number(cost), blockSize: Number(blockSize), parallelization: Number(parallelization) };
  return sameBytes(await scryptDigest(text, Buffer.from(salt, 'base64'), parameters), Buffer.from(digest, 'base64'));
}

/** True when a password that was just verified should be hashed again and stored in today's form. */
export function isOutdatedHash(stored: string): boolean {
  const { cost, blockSize, parallelization } = SCRYPT;
  return !stored.startsWith(`scrypt$${cost}$${blockSize}$${parallelization}$`);
}

function scryptDigest(text: string, salt: Buffer, parameters: typeof SCRYPT): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(text.normalize('NFC'), salt, DIGEST_BYTES, parameters, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

/** Pulp 2 called it PBKDF2, but every round keys an HMAC-SHA256 of the salt with the result of the round before. */
function verifyChain(text: string, stored: string): boolean {
  const [salt, digest] = stored.split(',').map((part) => Buffer.from(part, 'base64'));
  if (!salt || !digest) return false;
  let result = Buffer.from(text, 'utf8');
  for (let round = 0; round < CHAIN_ROUNDS; round += 1) result = createHmac('sha256', result).update(salt).digest();
  return sameBytes(result, digest);
}

function sameBytes(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
