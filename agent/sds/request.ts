/** What there is to check in a request of Envoy's. Called by the RPCs. */
import { invalidArgument } from '../../shared/errors.ts';
import { SECRET_TYPE_URL } from './secrets.ts';

/** DIVERGES: SPIRE has no bounds. Envoy asks for one secret on each stream; names of usual length fit as often. */
const NAMES_MAX = 256;
const NAMES_MAX_CHARACTERS = 16_384; // of all of them
const NAME_MAX_CHARACTERS = 2_048; // SPIFFE-ID 2.3

/** The name of everything (xDS protocol). */
export const EVERYTHING = '*';

/** Each once, without the empty one. Throws InvalidArgument where there are too many, or too long ones. */
export function checkNames(names: readonly string[]): readonly string[] {
  if (names.length > NAMES_MAX) throw invalidArgument(`more than ${NAMES_MAX} names of secrets`);
  if (names.some(({ length }) => length > NAME_MAX_CHARACTERS))
    throw invalidArgument(`a name of a secret is longer than ${NAME_MAX_CHARACTERS} characters`);
  if (names.reduce((sum, { length }) => sum + length, 0) > NAMES_MAX_CHARACTERS)
    throw invalidArgument(`names of secrets are longer than ${NAMES_MAX_CHARACTERS} characters together`);
  return [...new Set(names)].filter((name) => name !== '');
}

/** Throws InvalidArgument on a request for resources of another type; SPIRE does not look. */
export function checkType(typeUrl: string): void {
  if (typeUrl !== '' && typeUrl !== SECRET_TYPE_URL)
    throw invalidArgument(`type URL is not "${SECRET_TYPE_URL}"`);
}
