/** SVID/BatchNewX509SVID: X.509-SVIDs for entries that the calling agent is authorized for; each item by itself. */
import { setImmediate } from 'node:timers/promises';
import type { BatchNewX509SVIDRequestOutput } from '../../../proto/gen/spire/api/server/svid/v1/BatchNewX509SVIDRequest.ts';
import type { BatchNewX509SVIDResponse } from '../../../proto/gen/spire/api/server/svid/v1/BatchNewX509SVIDResponse.ts';
import type { NewX509SVIDParamsOutput } from '../../../proto/gen/spire/api/server/svid/v1/NewX509SVIDParams.ts';
import type { StatusOutput } from '../../../proto/gen/spire/api/types/Status.ts';
import type { X509SVID } from '../../../proto/gen/spire/api/types/X509SVID.ts';
import { Code, CodedError, invalidArgument, messageOf, notFound } from '../../../shared/errors.ts';
import type { LogFields } from '../../../shared/log/logger.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { X509Ca } from '../../ca/x509-ca.ts';
import type { AuthorizedEntries } from '../../entries/authorized-entries.ts';
import type { Entry } from '../../entries/entry.ts';
import { csrHash } from '../gate/audit-fields.ts';
import { actingAgent, type CallContext } from '../gate/context.ts';
import { catchUpWith, confirmDenial, type IndexRefresh, namePosition } from '../sync/position.ts';
import { OK, statusOf } from '../wire/status.ts';
import { x509SvidToWire } from '../wire/svid.ts';

const BATCH_MAX = 500; // SPIRE: the burst of the signing limit
/** Signed at once: enough for the crypto threads to be busy, few enough for other calls to come in between. */
const TOGETHER = 8;

export interface BatchNewX509SvidNeeds {
  readonly index: Pick<AuthorizedEntries, 'isAuthorized'>;
  readonly refresh: IndexRefresh;
  readonly ca: Pick<X509Ca, 'signX509Svid'>;
}

type Params = NewX509SVIDParamsOutput;

interface Result {
  readonly status: StatusOutput;
  readonly svid?: X509SVID;
}

export const batchNewX509Svid = (needs: BatchNewX509SvidNeeds): Handler<CallContext> =>
  unary(
    async (
      { params }: BatchNewX509SVIDRequestOutput,
      context: CallContext,
    ): Promise<BatchNewX509SVIDResponse> => {
      if (params.length === 0) throw invalidArgument('missing parameters');
      if (params.length > BATCH_MAX)
        throw invalidArgument(`${params.length} SVIDs are more than ${BATCH_MAX}`);
      await catchUpWith(context, needs.refresh);
      if (!isAuthorizedForAll(needs, params, context)) await confirmDenial(needs.refresh);
      namePosition(context, needs.refresh);
      const find = finder(needs, context);
      const entries = params.map(({ entry_id: id }) => find(id)); // in one turn: one state of the index for all
      const results: Result[] = [];
      for (let at = 0; at < params.length; at += TOGETHER) {
        context.call.signal.throwIfAborted();
        const together = params.slice(at, at + TOGETHER);
        results.push(
          ...(await Promise.all(together.map((each, i) => issue(needs.ca, each, entries[at + i])))),
        );
        await setImmediate();
      }
      params.forEach((each, at) => {
        const result = results[at] ?? { status: OK };
        context.trail.item(() => auditFields(each, entries[at], result), result.status);
      });
      return { results };
    },
  );

const finder = ({ index }: BatchNewX509SvidNeeds, context: CallContext) => {
  const { node } = actingAgent(context);
  return (id: string): Entry | undefined => (id === '' ? undefined : index.isAuthorized(node, id));
};

function isAuthorizedForAll(
  needs: BatchNewX509SvidNeeds,
  params: readonly Params[],
  context: CallContext,
): boolean {
  const find = finder(needs, context);
  return params.every(({ entry_id: id }) => id === '' || find(id) !== undefined);
}

async function issue(
  ca: BatchNewX509SvidNeeds['ca'],
  params: Params,
  entry: Entry | undefined,
): Promise<Result> {
  try {
    return { status: OK, svid: await sign(ca, params, entry) };
  } catch (error) {
    return { status: statusOf(error) };
  }
}

async function sign(
  ca: BatchNewX509SvidNeeds['ca'],
  { entry_id: id, csr }: Params,
  entry: Entry | undefined,
): Promise<X509SVID> {
  if (id === '') throw invalidArgument('missing entry ID');
  if (csr.length === 0) throw invalidArgument('missing CSR');
  if (entry === undefined) throw notFound('entry not found or not authorized');
  const { spiffeId, dnsNames, x509SvidTtlSeconds: ttlSeconds, hint } = entry;
  try {
    return x509SvidToWire(spiffeId, await ca.signX509Svid({ csr, spiffeId, dnsNames, ttlSeconds }), hint);
  } catch (cause) {
    if (!(cause instanceof CodedError) || cause.code !== Code.invalidArgument) throw cause;
    throw invalidArgument(`malformed CSR: ${messageOf(cause)}`, { cause });
  }
}

const auditFields = ({ csr, entry_id }: Params, entry: Entry | undefined, { svid }: Result): LogFields => ({
  csr: csrHash(csr),
  entry_id,
  spiffe_id: entry?.spiffeId.toString(),
  expires_at: svid?.expires_at,
});
