/** What the fake stores refuse of filters that compare sets. */
import { invalidArgument } from '../../shared/errors.ts';

/** Throws InvalidArgument for the empty set. */
export function checkSet(given: readonly unknown[] | undefined): void {
  if (given?.length === 0) throw invalidArgument('filter is an empty set');
}
