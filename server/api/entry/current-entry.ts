/** The entry that an update is checked together with. Used by batch-update-entry and apply-entries. */
import type { AuthorizedEntries } from '../../entries/authorized-entries.ts';
import type { Entry } from '../../entries/entry.ts';
import type { Registrar } from '../gate/registrar.ts';

/** Undefined too where the caller may not read it: no message shall tell what it is like, and the store refuses it. */
export function readableCurrent(
  index: Pick<AuthorizedEntries, 'find'>,
  id: string,
  registrar: Pick<Registrar, 'canRead'> | undefined,
): Entry | undefined {
  const found = index.find(id);
  return found === undefined || registrar?.canRead(found) === false ? undefined : found;
}
