/** SVID/NewDownstreamX509CA: a CA certificate for a server below this one, which then signs for the same trust domain. */
import type { NewDownstreamX509CARequestOutput } from '../../../proto/gen/spire/api/server/svid/v1/NewDownstreamX509CARequest.ts';
import type { NewDownstreamX509CAResponse } from '../../../proto/gen/spire/api/server/svid/v1/NewDownstreamX509CAResponse.ts';
import { type Csr, parseCsr, verifyCsr } from '../../../shared/crypto/csr.ts';
import { Code, CodedError, internal, invalidArgument, messageOf } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { BundleCache } from '../../bundle/bundle-cache.ts';
import type { IssuedX509Svid, X509Ca } from '../../ca/x509-ca.ts';
import type { AuthorizedEntries } from '../../entries/authorized-entries.ts';
import type { CallContext } from '../gate/context.ts';
import { issuedX509Fields } from '../gate/issued-fields.ts';

export interface NewDownstreamX509CaNeeds {
  readonly trustDomain: TrustDomain;
  readonly index: Pick<AuthorizedEntries, 'entriesBearing'>;
  readonly ca: Pick<X509Ca, 'signDownstreamCa'>;
  readonly bundle: Pick<BundleCache, 'current'>;
}

export const newDownstreamX509Ca = (needs: NewDownstreamX509CaNeeds): Handler<CallContext> =>
  unary(
    async (
      { csr, preferred_ttl: preferred }: NewDownstreamX509CARequestOutput,
      context: CallContext,
    ): Promise<NewDownstreamX509CAResponse> => {
      context.trail.add({ trust_domain_id: needs.trustDomain.id });
      const { publicKey } = await checkCsr(csr);
      const ttlSeconds = preferred > 0 ? preferred : entryTtlSeconds(needs, context);
      const signed = await sign(needs, { publicKey, ttlSeconds });
      context.trail.add({ ...issuedX509Fields(signed), svid_type: 'x509-ca' });
      const { x509Authorities } = needs.bundle.current();
      return {
        ca_cert_chain: [...signed.chain],
        x509_authorities: x509Authorities.map(({ certificate }) => certificate),
      };
    },
  );

/** Its key alone counts: a CA is for the trust domain, whatever the CSR calls itself. SPIRE's words. */
async function checkCsr(der: Uint8Array): Promise<Csr> {
  const csr = asInvalid('malformed CSR', () => parseCsr(der));
  await verifyCsr(csr).catch((cause: unknown) => {
    throw invalidArgument(`invalid CSR signature: ${messageOf(cause)}`, { cause });
  });
  return csr;
}

function asInvalid<T>(what: string, deed: () => T): T {
  try {
    return deed();
  } catch (cause) {
    throw invalidArgument(`${what}: ${messageOf(cause)}`, { cause });
  }
}

/** Of the entry that makes the caller a downstream server; 0 when it names none. */
function entryTtlSeconds({ index }: NewDownstreamX509CaNeeds, { caller }: CallContext): number {
  if (caller.kind !== 'identified') throw internal('caller is not a downstream workload');
  const entry = index.entriesBearing(caller.svid.id).find(({ downstream }) => downstream);
  return entry?.x509SvidTtlSeconds ?? 0;
}

async function sign(
  { ca }: NewDownstreamX509CaNeeds,
  request: Parameters<X509Ca['signDownstreamCa']>[0],
): Promise<IssuedX509Svid> {
  try {
    return await ca.signDownstreamCa(request);
  } catch (cause) {
    if (cause instanceof CodedError && cause.code === Code.unavailable) throw cause;
    throw internal(`failed to sign downstream X.509 CA: ${messageOf(cause)}`, { cause });
  }
}
