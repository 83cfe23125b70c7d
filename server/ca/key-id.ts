/** Names of keys that sign tokens: their `kid`. Called by ca/token-kind. */
import type { Random } from '../../shared/random.ts';

const ALPHANUMERICS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const KEY_ID_LENGTH = 32; // SPIRE's
/** Bytes from here on would make the first characters likelier. */
const UNEVEN_FROM = 256 - (256 % ALPHANUMERICS.length);

/** Each character as likely as the others. */
export function newKeyId(random: Random): string {
  let keyId = '';
  while (keyId.length < KEY_ID_LENGTH) {
    const even = random.bytes(KEY_ID_LENGTH).filter((byte) => byte < UNEVEN_FROM);
    for (const byte of even) keyId += ALPHANUMERICS[byte % ALPHANUMERICS.length] ?? '';
  }
  return keyId.slice(0, KEY_ID_LENGTH);
}
