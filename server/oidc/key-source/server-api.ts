/** The JWT authorities of a server's own bundle, from its admin socket. Listed in registry. */
import type { BundleDefinition } from '../../../proto/gen/spire/api/server/bundle/v1/Bundle.ts';
import type { JWTKeyOutput } from '../../../proto/gen/spire/api/types/JWTKey.ts';
import type { TokenAuthority } from '../../../shared/bundle/bundle.ts';
import { fromUnixSeconds } from '../../../shared/clock.ts';
import { LocalClient } from '../../../shared/rpc/local/client.ts';
import type { KeySource } from './key-source.ts';

export function serverApiKeys(socketPath: string): KeySource {
  const bundles = new LocalClient<BundleDefinition>('spire.api.server.bundle.v1.Bundle', socketPath);
  return {
    failure: 'Failed to fetch bundle',
    fetch: async (signal) => {
      const bundle = await bundles.unary('GetBundle', { output_mask: { jwt_authorities: true } }, { signal });
      return bundle.jwt_authorities.map(fromWire);
    },
  };
}

const fromWire = (wire: JWTKeyOutput): TokenAuthority => ({
  keyId: wire.key_id,
  publicKey: wire.public_key,
  expiresAt: wire.expires_at === '0' ? undefined : fromUnixSeconds(Number(wire.expires_at)),
  tainted: wire.tainted,
});
