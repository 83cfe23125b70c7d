/** An entry as `entry` commands print it: labels in 24 columns, optional lines only when set. */
import type { EntryOutput } from '../../proto/gen/spire/api/types/Entry.ts';
import { printable } from '../../shared/cli/printable.ts';
import { timeText } from '../../shared/cli/time-text.ts';
import { idText } from './wire-id.ts';

const LABEL_WIDTH = 24;

const line = (label: string, value: string): string => `${label.padEnd(LABEL_WIDTH)}: ${printable(value)}\n`;

const ttl = (seconds: number): string => (seconds === 0 ? 'default' : String(seconds));

/** Ends with an empty line. */
export function entryBlock(entry: EntryOutput): string {
  const attributes = entry.additional_attributes;
  return [
    line('Entry ID', entry.id === '' ? '(none)' : entry.id),
    line('SPIFFE ID', idText(entry.spiffe_id)),
    line('Parent ID', idText(entry.parent_id)),
    line('Revision', entry.revision_number),
    ...(entry.downstream ? [line('Downstream', 'true')] : []),
    line('X509-SVID TTL', ttl(entry.x509_svid_ttl)),
    line('JWT-SVID TTL', ttl(entry.jwt_svid_ttl)),
    ...(entry.expires_at === '0' ? [] : [line('Expiration time', timeText(entry.expires_at))]),
    ...entry.selectors.map((selector) => line('Selector', `${selector.type}:${selector.value}`)),
    ...entry.federates_with.map((name) => line('FederatesWith', name)),
    ...entry.dns_names.map((name) => line('DNS name', name)),
    ...(entry.admin ? [line('Admin', 'true')] : []),
    ...(entry.store_svid ? [line('StoreSvid', 'true')] : []),
    ...(entry.hint === '' ? [] : [line('Hint', entry.hint)]),
    ...(attributes?.disable_x509_svid_prefetch === true ? [line('DisableX509SvidPrefetch', 'true')] : []),
    ...(attributes?.jwt_svid_include_jti === true ? [line('JwtSvidIncludeJti', 'true')] : []),
    '\n',
  ].join('');
}
