/**
 * What the audit log says of each RPC's request, under SPIRE's names for it. Listed in gate/rules; never a token, a key or a
 * CSR (but its hash). Values are bounded: they are the caller's.
 */
import { createHash } from 'node:crypto';
import type { AgentFilterOutput } from '../../../proto/gen/spire/api/server/agent/v1/AgentFilter.ts';
import type { CreateJoinTokenRequestOutput } from '../../../proto/gen/spire/api/server/agent/v1/CreateJoinTokenRequest.ts';
import type { PostStatusRequestOutput } from '../../../proto/gen/spire/api/server/agent/v1/PostStatusRequest.ts';
import type { RenewAgentRequestOutput } from '../../../proto/gen/spire/api/server/agent/v1/RenewAgentRequest.ts';
import type { EntryFilterOutput } from '../../../proto/gen/spire/api/server/entry/v1/EntryFilter.ts';
import type { SetLogLevelRequestOutput } from '../../../proto/gen/spire/api/server/logger/v1/SetLogLevelRequest.ts';
import type { MintJWTSVIDRequestOutput } from '../../../proto/gen/spire/api/server/svid/v1/MintJWTSVIDRequest.ts';
import type { MintWITSVIDRequestOutput } from '../../../proto/gen/spire/api/server/svid/v1/MintWITSVIDRequest.ts';
import type { MintX509SVIDRequestOutput } from '../../../proto/gen/spire/api/server/svid/v1/MintX509SVIDRequest.ts';
import type { NewDownstreamX509CARequestOutput } from '../../../proto/gen/spire/api/server/svid/v1/NewDownstreamX509CARequest.ts';
import type { NewJWTSVIDRequestOutput } from '../../../proto/gen/spire/api/server/svid/v1/NewJWTSVIDRequest.ts';
import type { EntryOutput } from '../../../proto/gen/spire/api/types/Entry.ts';
import type { EntryMaskOutput } from '../../../proto/gen/spire/api/types/EntryMask.ts';
import type { SelectorOutput } from '../../../proto/gen/spire/api/types/Selector.ts';
import type { SPIFFEIDOutput } from '../../../proto/gen/spire/api/types/SPIFFEID.ts';
import type { ImportX509AuthorityRequestOutput } from '../../../proto/gen/writ/localauthority/v1/ImportX509AuthorityRequest.ts';
import type { LogFields } from '../../../shared/log/logger.ts';

const TEXT_MAX_CHARS = 4_096;

export const agentFilterFields = ({ filter }: { filter: AgentFilterOutput | null }): LogFields =>
  filter === null
    ? {}
    : present({
        node_attestor_type: filter.by_attestation_type,
        by_banned: filter.by_banned?.value,
        by_can_reattest: filter.by_can_reattest?.value,
        by_expires_before: filter.by_expires_before,
        by_selector_match: filter.by_selector_match?.match,
        by_selectors: selectorsText(filter.by_selector_match?.selectors),
      });

export const entryFilterFields = ({ filter }: { filter: EntryFilterOutput | null }): LogFields =>
  filter === null
    ? {}
    : present({
        spiffe_id: idText(filter.by_spiffe_id),
        parent_id: idText(filter.by_parent_id),
        by_selector_match: filter.by_selectors?.match,
        by_selectors: selectorsText(filter.by_selectors?.selectors),
        federates_with_match: filter.by_federates_with?.match,
        federates_with: listText(filter.by_federates_with?.trust_domains),
        hint: filter.by_hint?.value,
        downstream: filter.by_downstream?.value,
      });

export const agentIdFields = ({ id }: { id: SPIFFEIDOutput | null }): LogFields =>
  present({ spiffe_id: idText(id) });

export const entryIdFields = ({ id }: { id: string }): LogFields => present({ entry_id: id });

export const explainedEntryFields = ({ entry_id }: { entry_id: string }): LogFields => present({ entry_id });

export const importFields = ({ certificates: [ca], activate }: ImportX509AuthorityRequestOutput): LogFields =>
  present({ certificate_sha256: hashOf(ca), activate });

export const joinTokenFields = ({ ttl, agent_id }: CreateJoinTokenRequestOutput): LogFields =>
  present({ ttl: ttl > 0 ? ttl : undefined, spiffe_id: idText(agent_id) });

export const statusFields = ({ agent_version }: PostStatusRequestOutput): LogFields =>
  present({ agent_version });

export const renewalFields = ({ params }: RenewAgentRequestOutput): LogFields =>
  present({ csr: hashOf(params?.csr) });

export const logLevelFields = ({ new_level }: SetLogLevelRequestOutput): LogFields => ({
  new_log_level: new_level,
});

export const authorityIdFields = ({ authority_id }: { authority_id: string }): LogFields =>
  present({ local_authority_id: authority_id });

export const subjectKeyIdFields = ({ subject_key_id }: { subject_key_id: string }): LogFields =>
  present({ subject_key_id });

export const mintFields = ({ csr, ttl }: MintX509SVIDRequestOutput): LogFields => ({
  ...present({ csr: hashOf(csr) }),
  ttl,
});

export const downstreamFields = ({ csr }: NewDownstreamX509CARequestOutput): LogFields =>
  present({ csr: hashOf(csr) });

export const jwtSvidFields = ({ entry_id, audience }: NewJWTSVIDRequestOutput): LogFields =>
  present({ entry_id, audience: listText(audience) });

export const mintJwtFields = ({ id, audience, ttl }: MintJWTSVIDRequestOutput): LogFields => ({
  ...present({ spiffe_id: idText(id), audience: listText(audience) }),
  ttl,
});

export const mintWitFields = ({ id, public_key, ttl }: MintWITSVIDRequestOutput): LogFields => ({
  ...present({ spiffe_id: idText(id), public_key: hashOf(public_key) }),
  ttl,
});

/** An entry as it was asked for; of an update, what its mask names. */
export function entryFields(entry: EntryOutput, mask: EntryMaskOutput | null = null): LogFields {
  const shown = {
    spiffe_id: idText(entry.spiffe_id),
    parent_id: idText(entry.parent_id),
    selectors: selectorsText(entry.selectors),
    x509_svid_ttl: entry.x509_svid_ttl,
    jwt_svid_ttl: entry.jwt_svid_ttl,
    federates_with: listText(entry.federates_with),
    admin: entry.admin,
    downstream: entry.downstream,
    expires_at: entry.expires_at,
    dns_name: listText(entry.dns_names),
    revision_number: entry.revision_number,
    store_svid: entry.store_svid,
    hint: entry.hint,
    created_at: entry.created_at,
  };
  const named = Object.entries(shown).filter(([name]) => mask === null || isNamed(mask, name));
  return present({ entry_id: entry.id, ...Object.fromEntries(named) });
}

const isNamed = (mask: EntryMaskOutput, name: string): boolean =>
  Reflect.get(mask, name === 'dns_name' ? 'dns_names' : name) === true;

/** SHA-256, hex; nothing of nothing. */
export const hashOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined || bytes.length === 0 ? undefined : createHash('sha256').update(bytes).digest('hex');

/** `a,b,c`, cut where it grows too long. */
export function listText(items: readonly string[] | undefined): string | undefined {
  if (items === undefined) return undefined;
  let text = '';
  for (const item of items) {
    if (text.length > TEXT_MAX_CHARS) break;
    text += text === '' ? item : `,${item}`;
  }
  return text;
}

/** Bounded before they are made: there may be a million of them. */
const selectorsText = (selectors: readonly SelectorOutput[] | undefined): string | undefined =>
  listText(selectors?.slice(0, TEXT_MAX_CHARS).map(({ type, value }) => `${type}:${value}`));

const idText = (id: SPIFFEIDOutput | null): string | undefined =>
  id === null ? undefined : `spiffe://${id.trust_domain}${id.path}`;

/** Without what is not there, and no text longer than a line should have. */
export const present = (fields: LogFields): LogFields =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== undefined && value !== '')
      .map(([name, value]) => [name, typeof value === 'string' ? cut(value) : value]),
  );

/** Also of status messages, which may echo what a caller sent. */
export const cut = (text: string): string =>
  text.length > TEXT_MAX_CHARS ? `${text.slice(0, TEXT_MAX_CHARS)}…` : text;
