/** The flags that name an authority, which the commands about one need. */
import { type Flags, UsageError } from '../../shared/cli/flag.ts';

/** Throws UsageError without -authorityID. */
export function neededAuthorityId(flags: Flags): string {
  const authorityId = flags.text('authorityID');
  if (authorityId === '') throw new UsageError('an authority ID is required');
  return authorityId;
}

/** Throws UsageError without -subjectKeyID. */
export function neededSubjectKeyId(flags: Flags): string {
  const subjectKeyId = flags.text('subjectKeyID');
  if (subjectKeyId === '')
    throw new UsageError('the Subject Key ID of the X.509 upstream authority is required');
  return subjectKeyId;
}
