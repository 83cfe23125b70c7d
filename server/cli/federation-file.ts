/** Federation relationships in SPIRE's own JSON shape (`-data`), whose names may be written in any case, as Go reads them. */
import type { FederationRelationship } from '../../proto/gen/spire/api/types/FederationRelationship.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { nearest } from '../../shared/config/suggest.ts';
import { messageOf } from '../../shared/errors.ts';
import { FORMATS } from './bundle-flags.ts';
import { type Described, relationshipOf } from './flags-to-relationship.ts';
import { isObject } from './json-file.ts';

const NAMES = [
  'trustDomain',
  'bundleEndpointURL',
  'bundleEndpointProfile',
  'endpointSpiffeID',
  'trustDomainBundle',
  'trustDomainBundleFormat',
] as const;
type Name = (typeof NAMES)[number];

/** Every relationship of `{"federationRelationships": [...]}`; throws UsageError that says which is wrong, and why. */
export function relationshipsInFile(file: Record<string, unknown>): FederationRelationship[] {
  const [, list] = Object.entries(file).find(([key]) => isNamed(key, 'federationRelationships')) ?? [];
  if (!Array.isArray(list)) throw new UsageError('-data must hold {"federationRelationships": [...]}');
  return list.map((item: unknown, at) => {
    try {
      return relationshipOf(describedIn(item));
    } catch (error) {
      throw new UsageError(`could not parse item ${at}: ${messageOf(error)}`);
    }
  });
}

const isNamed = (key: string, name: string): boolean => key.toLowerCase() === name.toLowerCase();

/** DIVERGES: SPIRE passes over a field that it does not know; here a slip of the pen does not lose what it meant. */
function describedIn(item: unknown): Described {
  if (!isObject(item)) throw new UsageError('it is not an object');
  const given = new Map<Name, unknown>();
  for (const [key, value] of Object.entries(item)) {
    const name = NAMES.find((known) => isNamed(key, known));
    if (name === undefined) throw unknownField(key);
    if (value !== null) given.set(name, value);
  }
  return {
    trustDomain: textIn(given, 'trustDomain'),
    bundleEndpointUrl: textIn(given, 'bundleEndpointURL'),
    profile: textIn(given, 'bundleEndpointProfile'),
    endpointSpiffeId: textIn(given, 'endpointSpiffeID'),
    bundle: bundleIn(given),
  };
}

function unknownField(key: string): UsageError {
  const meant = nearest(key, NAMES);
  const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
  return new UsageError(`it has an unknown field ${JSON.stringify(key)}${hint}`);
}

function textIn(given: ReadonlyMap<Name, unknown>, name: Name): string {
  const value = given.get(name) ?? '';
  if (typeof value !== 'string') throw new UsageError(`"${name}" must be a text`);
  return value;
}

/** PEM, which it is unless it says otherwise, as for the flag, is a text; a SPIFFE bundle is an object, or the text of one. */
function bundleIn(given: ReadonlyMap<Name, unknown>): Described['bundle'] {
  const bundle = given.get('trustDomainBundle');
  if (bundle === undefined || bundle === '') return undefined;
  const named = textIn(given, 'trustDomainBundleFormat').toLowerCase() || 'pem';
  const format = FORMATS.find((known) => known === named);
  if (format === undefined)
    throw new UsageError(`"trustDomainBundleFormat" is pem or spiffe, not ${JSON.stringify(named)}`);
  return { text: typeof bundle === 'string' ? bundle : JSON.stringify(bundle), format };
}
