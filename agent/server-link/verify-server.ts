/** Whether who answers is the trust domain's server (SPIRE: `/spire/server`), by the bundle as it is now. Called by start/engine and start/enrol. */
import { invalidArgument, messageOf } from '../../shared/errors.ts';
import type { Clock } from '../../shared/clock.ts';
import { serverId } from '../../shared/spiffe/reserved.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { parseX509Svid, verifyX509Svid, type X509Svid } from '../../shared/svid/x509-svid.ts';
import type { ServerTrust } from '../bootstrap/trust-bundle.ts';

export interface VerifyServer {
  /** Read at each new connection. */
  readonly trust: () => ServerTrust;
  readonly trustDomain: TrustDomain;
  readonly clock: Clock;
}

export const NOT_TRUSTED = 'server is not trusted';

/** For SpiffeCredentials: throws, with what is wrong, unless the chain (DER, leaf first) is the server's. */
export function verifyServer({
  trust,
  trustDomain,
  clock,
}: VerifyServer): (chain: readonly Uint8Array[]) => void {
  return (chain) => {
    try {
      const { id } = readServer(chain, trust(), { trustDomain, at: clock.now() });
      const expected = serverId(trustDomain);
      if (!id.equals(expected)) throw invalidArgument(`it is "${id}", not "${expected}"`);
    } catch (cause) {
      throw invalidArgument(`${NOT_TRUSTED}: ${messageOf(cause)}`, { cause });
    }
  };
}

function readServer(
  chain: readonly Uint8Array[],
  trust: ServerTrust,
  { trustDomain, at }: { readonly trustDomain: TrustDomain; readonly at: Date },
): X509Svid {
  if (trust.kind === 'anyone') return parseX509Svid(chain);
  return verifyX509Svid({
    chain,
    authorities: (domain) => (domain.equals(trustDomain) ? trust.authorities : undefined),
    at,
  });
}
