/** SVID/BatchNewWITSVID: WIT-SVIDs for entries that the calling agent is authorized for; each item by itself. */
import type { BatchNewWITSVIDRequestOutput } from '../../../proto/gen/spire/api/server/svid/v1/BatchNewWITSVIDRequest.ts';
import type { BatchNewWITSVIDResponse } from '../../../proto/gen/spire/api/server/svid/v1/BatchNewWITSVIDResponse.ts';
import type { NewWITSVIDParamsOutput } from '../../../proto/gen/spire/api/server/svid/v1/NewWITSVIDParams.ts';
import { invalidArgument, notFound } from '../../../shared/errors.ts';
import type { LogFields } from '../../../shared/log/logger.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { IssuedToken } from '../../ca/token-signing.ts';
import type { WitCa } from '../../ca/wit-ca.ts';
import type { Entry } from '../../entries/entry.ts';
import { hashOf } from '../gate/audit-fields.ts';
import type { CallContext } from '../gate/context.ts';
import { issuedTokenFields } from '../gate/issued-fields.ts';
import { proofKeyFromWire } from '../wire/proof-key.ts';
import { tokenSvidToWire } from '../wire/svid.ts';
import { findAuthorized, type SigningNeeds } from './authorized.ts';
import { ifEnabled } from './if-enabled.ts';
import { checkBatch, issueEach } from './issue-each.ts';

export interface BatchNewWitSvidNeeds extends SigningNeeds {
  /** Undefined unless WIT-SVIDs are enabled. */
  readonly witCa: Pick<WitCa, 'signWitSvid'> | undefined;
}

type Params = NewWITSVIDParamsOutput;

interface Issued {
  readonly entry: Entry;
  readonly svid: IssuedToken;
}

export const batchNewWitSvid = (needs: BatchNewWitSvidNeeds): Handler<CallContext> =>
  unary(
    async (
      { params }: BatchNewWITSVIDRequestOutput,
      context: CallContext,
    ): Promise<BatchNewWITSVIDResponse> => {
      const ca = ifEnabled('WIT', needs.witCa);
      checkBatch(params);
      const ids = params.map(({ entry_id: id }) => id);
      const entries = await findAuthorized(needs, ids, context);
      const sign = (each: Params, at: number) => issue(ca, each, entries[at]);
      const outcomes = await issueEach(params, sign, { ...needs, context });
      params.forEach((each, at) => {
        const { status, issued } = outcomes[at] ?? {};
        if (status !== undefined)
          context.trail.item(() => auditFields(each, entries[at], issued?.svid), status);
      });
      return { results: outcomes.map(({ status, issued }) => ({ status, ...toWire(issued) })) };
    },
  );

/** The entry's lifetime of X.509-SVIDs: a key is bound in both, and SPIRE has none for WIT-SVIDs alone. */
async function issue(
  ca: Pick<WitCa, 'signWitSvid'>,
  params: Params,
  entry: Entry | undefined,
): Promise<Issued> {
  if (params.entry_id === '') throw invalidArgument('missing entry ID');
  if (params.public_key.length === 0) throw invalidArgument('missing public key');
  if (entry === undefined) throw notFound('entry not found or not authorized');
  const { spiffeId, x509SvidTtlSeconds: ttlSeconds } = entry;
  const proofKey = proofKeyFromWire(params, 'malformed public key');
  return { entry, svid: await ca.signWitSvid({ spiffeId, proofKey, ttlSeconds }) };
}

const toWire = (issued: Issued | undefined) =>
  issued === undefined
    ? {}
    : { svid: tokenSvidToWire(issued.entry.spiffeId, issued.svid, issued.entry.hint) };

const auditFields = (
  { public_key, entry_id }: Params,
  entry: Entry | undefined,
  svid: IssuedToken | undefined,
): LogFields => ({
  public_key: hashOf(public_key),
  entry_id,
  spiffe_id: entry?.spiffeId.toString(),
  ...(svid === undefined ? {} : issuedTokenFields('wit', svid)),
});
