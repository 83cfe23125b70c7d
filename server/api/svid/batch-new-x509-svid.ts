/** SVID/BatchNewX509SVID: X.509-SVIDs for entries that the calling agent is authorized for; each item by itself. */
import type { BatchNewX509SVIDRequestOutput } from '../../../proto/gen/spire/api/server/svid/v1/BatchNewX509SVIDRequest.ts';
import type { BatchNewX509SVIDResponse } from '../../../proto/gen/spire/api/server/svid/v1/BatchNewX509SVIDResponse.ts';
import type { NewX509SVIDParamsOutput } from '../../../proto/gen/spire/api/server/svid/v1/NewX509SVIDParams.ts';
import { Code, CodedError, invalidArgument, messageOf, notFound } from '../../../shared/errors.ts';
import type { LogFields } from '../../../shared/log/logger.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { IssuedX509Svid, X509Ca } from '../../ca/x509-ca.ts';
import type { Entry } from '../../entries/entry.ts';
import { hashOf } from '../gate/audit-fields.ts';
import type { CallContext } from '../gate/context.ts';
import { issuedX509Fields } from '../gate/issued-fields.ts';
import { x509SvidToWire } from '../wire/svid.ts';
import { findAuthorized, type SigningNeeds } from './authorized.ts';
import { checkBatch, issueEach } from './issue-each.ts';

export interface BatchNewX509SvidNeeds extends SigningNeeds {
  readonly ca: Pick<X509Ca, 'signX509Svid'>;
}

type Params = NewX509SVIDParamsOutput;

interface Issued {
  readonly entry: Entry;
  readonly svid: IssuedX509Svid;
}

export const batchNewX509Svid = (needs: BatchNewX509SvidNeeds): Handler<CallContext> =>
  unary(
    async (
      { params }: BatchNewX509SVIDRequestOutput,
      context: CallContext,
    ): Promise<BatchNewX509SVIDResponse> => {
      checkBatch(params);
      const ids = params.map(({ entry_id: id }) => id);
      const entries = await findAuthorized(needs, ids, context);
      const sign = (each: Params, at: number) => issue(needs.ca, each, entries[at]);
      const outcomes = await issueEach(params, sign, { ...needs, context });
      params.forEach((each, at) => {
        const { status, issued } = outcomes[at] ?? {};
        if (status !== undefined)
          context.trail.item(() => auditFields(each, entries[at], issued?.svid), status);
      });
      return { results: outcomes.map(({ status, issued }) => ({ status, ...toWire(issued) })) };
    },
  );

async function issue(
  ca: BatchNewX509SvidNeeds['ca'],
  { entry_id: id, csr }: Params,
  entry: Entry | undefined,
): Promise<Issued> {
  if (id === '') throw invalidArgument('missing entry ID');
  if (csr.length === 0) throw invalidArgument('missing CSR');
  if (entry === undefined) throw notFound('entry not found or not authorized');
  const { spiffeId, dnsNames, x509SvidTtlSeconds: ttlSeconds } = entry;
  try {
    return { entry, svid: await ca.signX509Svid({ csr, spiffeId, dnsNames, ttlSeconds }) };
  } catch (cause) {
    if (!(cause instanceof CodedError) || cause.code !== Code.invalidArgument) throw cause;
    const isForged = messageOf(cause).startsWith('CSR signature');
    const what = isForged ? 'invalid CSR signature' : 'malformed CSR';
    throw invalidArgument(`${what}: ${messageOf(cause)}`, { cause });
  }
}

const toWire = (issued: Issued | undefined) =>
  issued === undefined ? {} : { svid: x509SvidToWire(issued.entry.spiffeId, issued.svid, issued.entry.hint) };

const auditFields = (
  { csr, entry_id }: Params,
  entry: Entry | undefined,
  svid: IssuedX509Svid | undefined,
): LogFields => ({
  csr: hashOf(csr),
  entry_id,
  spiffe_id: entry?.spiffeId.toString(),
  ...(svid === undefined ? {} : issuedX509Fields(svid)),
});
