/**
 * Lets entries share what they have in common, so that a million of them fit in memory. Used by entry-graph.
 * Sharing is a saving, never a promise.
 */
import type { Selector } from '../../shared/selectors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { Entry } from './entry.ts';
import type { EntryTerms } from './place.ts';

const SLOTS = 65_536; // a power of two; half a megabyte
const SCRATCH_BYTES = 16_384;
const UTF8_MAX = 3; // bytes per UTF-16 unit

/** Of things with the same hash, the last one that was asked for. Unlike a Map it never grows, and leaves no garbage. */
class Slots<Item> {
  readonly #slots = Array.from({ length: SLOTS }, (): Item | undefined => undefined);

  share(key: string, isSame: (item: Item) => boolean, make: () => Item): Item {
    const at = hashOf(key) % SLOTS;
    const known = this.#slots[at];
    if (known !== undefined && isSame(known)) return known;
    const made = make();
    this.#slots[at] = made;
    return made;
  }
}

export class EntryInterner {
  readonly #types = new Slots<string>();
  readonly #selectors = new Slots<Selector>();
  readonly #terms = new Slots<{ readonly key: string; readonly terms: EntryTerms }>();

  selectors(selectors: readonly Selector[]): readonly Selector[] {
    return selectors.map(({ type, value }) =>
      this.#selectors.share(
        value,
        (known) => known.value === value && known.type === type,
        () => ({ type: this.#type(type), value: compact(value) }),
      ),
    );
  }

  terms(entry: Entry): EntryTerms {
    const key = termsKey(entry);
    return this.#terms.share(
      key,
      (known) => known.key === key,
      () => ({ key, terms: termsOf(entry) }),
    ).terms;
  }

  #type(type: string): string {
    return this.#types.share(
      type,
      (known) => known === type,
      () => compact(type),
    );
  }
}

/** FNV-1a: its callers take an unlucky clash, or one that somebody made, as a saving that was missed. */
function hashOf(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93);
  return hash >>> 0;
}

const termsOf = (entry: Entry): EntryTerms => ({
  x509SvidTtlSeconds: entry.x509SvidTtlSeconds,
  jwtSvidTtlSeconds: entry.jwtSvidTtlSeconds,
  federatesWith: entry.federatesWith,
  admin: entry.admin,
  downstream: entry.downstream,
  storeSvid: entry.storeSvid,
  expiresAt: entry.expiresAt,
  dnsNames: entry.dnsNames,
  hint: entry.hint,
  disableX509SvidPrefetch: entry.disableX509SvidPrefetch,
  jwtSvidIncludeJti: entry.jwtSvidIncludeJti,
});

/** The hint comes last: it alone may hold anything. */
const termsKey = (entry: Entry): string =>
  `${entry.x509SvidTtlSeconds} ${entry.jwtSvidTtlSeconds} ${flagsOf(entry)} ${entry.expiresAt?.getTime()} ` +
  `${entry.federatesWith.join()} ${entry.dnsNames.join()} ${entry.hint}`;

const flagsOf = (entry: Entry): number =>
  Number(entry.admin) +
  Number(entry.downstream) * 2 +
  Number(entry.storeSvid) * 4 +
  Number(entry.disableX509SvidPrefetch) * 8 +
  Number(entry.jwtSvidIncludeJti) * 16;

/** The same ID without the text that it was cut from. */
export const compactId = (id: SpiffeId): SpiffeId => SpiffeId.of(id.trustDomain, compact(id.path));

const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/** A string that was cut from a longer one holds on to that; a copy does not. */
const compact = (text: string): string =>
  text.length * UTF8_MAX <= SCRATCH_BYTES
    ? scratch.toString('utf8', 0, scratch.write(text))
    : Buffer.from(text).toString();
