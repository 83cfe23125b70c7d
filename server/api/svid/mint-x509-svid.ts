/** SVID/MintX509SVID: an X.509-SVID for an administrator's CSR, which alone says for whom: no entry is asked. */
import { X509Certificate } from 'node:crypto';
import type { MintX509SVIDRequestOutput } from '../../../proto/gen/spire/api/server/svid/v1/MintX509SVIDRequest.ts';
import type { MintX509SVIDResponse } from '../../../proto/gen/spire/api/server/svid/v1/MintX509SVIDResponse.ts';
import { type Csr, parseCsr, verifyCsr } from '../../../shared/crypto/csr.ts';
import { isEmptyName } from '../../../shared/crypto/names.ts';
import { invalidArgument, messageOf } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import { checkWorkloadId } from '../../../shared/spiffe/reserved.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { IssuedX509Svid, X509Ca } from '../../ca/x509-ca.ts';
import { checkDnsName } from '../../entries/dns-name.ts';
import { listText } from '../gate/audit-fields.ts';
import type { CallContext } from '../gate/context.ts';
import { issuedX509Fields } from '../gate/issued-fields.ts';
import { x509SvidToWire } from '../wire/svid.ts';

export interface MintX509SvidNeeds {
  readonly trustDomain: TrustDomain;
  readonly ca: Pick<X509Ca, 'signX509Svid'>;
}

export const mintX509Svid = ({ trustDomain, ca }: MintX509SvidNeeds): Handler<CallContext> =>
  unary(
    async (
      { csr, ttl }: MintX509SVIDRequestOutput,
      { trail }: CallContext,
    ): Promise<MintX509SVIDResponse> => {
      if (csr.length === 0) throw invalidArgument('missing CSR');
      const request = asInvalid('malformed CSR', () => parseCsr(csr));
      await verifyCsr(request).catch((cause: unknown) => {
        throw invalidArgument(`failed to verify CSR signature: ${messageOf(cause)}`, { cause });
      });
      const spiffeId = readId(request, trustDomain);
      const dnsNames = readDnsNames(request);
      trail.add({ spiffe_id: spiffeId.toString(), dns_name: listText(dnsNames) });
      const subject = isEmptyName(request.subject) ? {} : { subject: request.subject };
      const svid = await ca.signX509Svid({ csr, spiffeId, dnsNames, ttlSeconds: ttl, ...subject });
      trail.add({
        ...issuedX509Fields(svid),
        subject: subjectText(svid),
        expires_at: svid.expiresAt.toISOString().replace('.000Z', 'Z'),
      });
      return { svid: x509SvidToWire(spiffeId, svid) };
    },
  );

/** As it was issued: an attribute a line becomes one line. */
const subjectText = ({ chain: [leaf] }: IssuedX509Svid): string | undefined =>
  leaf === undefined ? undefined : new X509Certificate(leaf).subject?.replaceAll('\n', ',');

function readId({ uriSans: [uri, ...others] }: Csr, trustDomain: TrustDomain): SpiffeId {
  if (uri === undefined) throw invalidArgument('CSR URI SAN is required');
  if (others.length > 0) throw invalidArgument('only one URI SAN is expected');
  return asInvalid('CSR URI SAN is invalid', () => checkWorkloadId(SpiffeId.parse(uri), trustDomain));
}

/** A wildcard makes a name below it needless, and so a mistake (SPIRE). */
function readDnsNames({ dnsNames }: Csr): readonly string[] {
  for (const name of dnsNames) asInvalid('CSR DNS name is invalid', () => checkDnsName(name));
  const covered = dnsNames.find(
    (name) => !name.startsWith('*') && dnsNames.includes(name.replace(/^[^.]*/, '*')),
  );
  if (covered === undefined) return dnsNames;
  throw invalidArgument(
    `CSR DNS name contains a wildcard that covers another non-wildcard name: name "${covered}" is covered`,
  );
}

function asInvalid<T>(what: string, deed: () => T): T {
  try {
    return deed();
  } catch (cause) {
    throw invalidArgument(`${what}: ${messageOf(cause)}`, { cause });
  }
}
