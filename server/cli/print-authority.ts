/** An authority as `localauthority` commands print it. */
import type { AuthorityStateOutput } from '../../proto/gen/spire/api/server/localauthority/v1/AuthorityState.ts';
import { printable } from '../../shared/cli/printable.ts';
import { timeText } from '../../shared/cli/time-text.ts';
import { type AuthorityKind, nameOf } from './authority-kind.ts';

/** Its name and its end; throws where the server sent none. */
function authorityLines(authority: AuthorityStateOutput | null): string {
  if (authority === null) throw new Error('the server did not say which authority it is');
  return `  Authority ID: ${printable(authority.authority_id)}\n  Expires at: ${timeText(authority.expires_at)}\n`;
}

/** Of an X.509 authority also who signed it. */
export function authorityBlock(kind: AuthorityKind, authority: AuthorityStateOutput | null): string {
  const lines = authorityLines(authority);
  return kind === 'X509' ? lines + upstreamLine(authority?.upstream_authority_subject_key_id ?? '') : lines;
}

const upstreamLine = (subjectKeyId: string): string =>
  subjectKeyId === ''
    ? '  Upstream authority ID: No upstream authority\n'
    : `  Upstream authority Subject Key ID: ${printable(subjectKeyId)}\n`;

/** A slot with its headline, which may be empty. */
export function slotBlock(
  kind: AuthorityKind,
  status: 'Active' | 'Prepared' | 'Old',
  authority: AuthorityStateOutput | null,
): string {
  const headline = `${status} ${nameOf(kind)} authority:\n`;
  const none = `  No ${status.toLowerCase()} ${nameOf(kind)} authority found\n`;
  return headline + (authority === null ? none : authorityBlock(kind, authority));
}
