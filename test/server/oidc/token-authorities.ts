/** JWT authorities for tests, one key of each type. */
import type { TokenAuthority } from '../../../shared/bundle/bundle.ts';
import { generateKeyPair } from '../../../shared/crypto/keys.ts';
import type { KeyType } from '../../../shared/crypto/signer.ts';

export async function authorityOf(
  keyId: string,
  { type = 'ec-p256', expiresAt }: { readonly type?: KeyType; readonly expiresAt?: Date } = {},
): Promise<TokenAuthority> {
  const { publicKey } = await generateKeyPair(type);
  return { keyId, publicKey, expiresAt, tainted: false };
}
