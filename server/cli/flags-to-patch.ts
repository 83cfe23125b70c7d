/** What the flags of `entry update -patch` change of an entry, as the API takes it. Used by entry-patch. */
import type { Entry as WireEntry, EntryOutput } from '../../proto/gen/spire/api/types/Entry.ts';
import type { EntryMask } from '../../proto/gen/spire/api/types/EntryMask.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { LAST_SECOND } from './flags-to-entry.ts';
import { CLEARED } from './patch-flags.ts';
import { wireId, wireSelectors } from './wire-id.ts';

type Field = keyof EntryMask & keyof WireEntry;
type Change = readonly [Field, (flags: Flags, current: EntryOutput) => Partial<WireEntry>];

const CHANGES: Readonly<Record<string, Change>> = {
  spiffeID: ['spiffe_id', (flags) => ({ spiffe_id: wireId('spiffeID', flags.text('spiffeID')) })],
  parentID: ['parent_id', (flags) => ({ parent_id: wireId('parentID', flags.text('parentID')) })],
  selector: ['selectors', (flags) => ({ selectors: wireSelectors(flags.list('selector')) })],
  federatesWith: ['federates_with', (flags) => ({ federates_with: [...flags.list('federatesWith')] })],
  hint: ['hint', (flags) => ({ hint: flags.text('hint') })],
  x509SVIDTTL: ['x509_svid_ttl', (flags) => ({ x509_svid_ttl: flags.number('x509SVIDTTL') })],
  jwtSVIDTTL: ['jwt_svid_ttl', (flags) => ({ jwt_svid_ttl: flags.number('jwtSVIDTTL') })],
  entryExpiry: ['expires_at', (flags) => ({ expires_at: flags.number('entryExpiry', LAST_SECOND) })],
  dns: ['dns_names', (flags) => ({ dns_names: [...flags.list('dns')] })],
  admin: ['admin', (flags) => ({ admin: flags.is('admin') })],
  downstream: ['downstream', (flags) => ({ downstream: flags.is('downstream') })],
  storeSVID: ['store_svid', (flags) => ({ store_svid: flags.is('storeSVID') })],
  disableX509SVIDPrefetch: ['additional_attributes', attributesOf],
  jwtSVIDIncludeJTI: ['additional_attributes', attributesOf],
};

/** The wire has one field for both. */
function attributesOf(flags: Flags, { additional_attributes: current }: EntryOutput): Partial<WireEntry> {
  const given = (name: string, otherwise: boolean | undefined): boolean =>
    flags.has(name) ? flags.is(name) : (otherwise ?? false);
  return {
    additional_attributes: {
      disable_x509_svid_prefetch: given('disableX509SVIDPrefetch', current?.disable_x509_svid_prefetch),
      jwt_svid_include_jti: given('jwtSVIDIncludeJTI', current?.jwt_svid_include_jti),
    },
  };
}

export interface Patch {
  readonly entry: WireEntry;
  readonly mask: EntryMask;
}

/** Throws UsageError where nothing would change, or a field is both cleared and set. */
export function patchOf(flags: Flags, current: EntryOutput): Patch {
  const cleared = flags.list('clear');
  for (const name of cleared) {
    if (!CLEARED.some((one) => one === name))
      throw new UsageError(`-clear is ${CLEARED.join(', ')}, not "${name}"`);
    if (flags.has(name)) throw new UsageError(`-${name} and -clear ${name} exclude each other`);
  }
  const changes = Object.entries(CHANGES).filter(([name]) => flags.has(name) || cleared.includes(name));
  if (changes.length === 0) throw new UsageError('-patch needs a flag that says what to change');
  return {
    entry: changes.reduce<WireEntry>((entry, [, [, read]]) => ({ ...entry, ...read(flags, current) }), {}),
    mask: Object.fromEntries(changes.map(([, [field]]) => [field, true])),
  };
}
