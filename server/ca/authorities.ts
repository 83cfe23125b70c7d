/**
 * The two slots of one kind of authority (X.509, JWT, WIT) and what each holds. Kept by ca/rotating-authorities, judged
 * by ca/rotation, written by ca/server-journal.
 */
import type { Certificate } from '../../shared/crypto/certificate.ts';
import type { Signer } from '../../shared/crypto/signer.ts';

export const SLOT_IDS = ['A', 'B'] as const;
export type SlotId = (typeof SLOT_IDS)[number];

export const STATUSES = ['PREPARED', 'ACTIVE', 'OLD'] as const;
export type AuthorityStatus = (typeof STATUSES)[number];

/** A signing key and what is known of it: all there is to a token key. */
export interface Authority {
  readonly slot: SlotId;
  readonly status: AuthorityStatus;
  /** Its name in the SPIRE API: of a CA the subject key identifier in lowercase hex, of a token key its kid. */
  readonly authorityId: string;
  readonly signer: Signer;
  /** When it came into its slot. */
  readonly issuedAt: Date;
  /** Earlier than this, after the clock was set back, nobody believes in it. */
  readonly validFrom: Date;
  readonly expiresAt: Date;
  /** Since when the trust domain's bundle holds it; undefined until it does. */
  readonly publishedAt: Date | undefined;
  /** Of a CA below an upstream CA: the subject key identifier of its root, in lowercase hex. */
  readonly upstreamAuthorityId?: string | undefined;
  /** Whether the bundle was seen to call it, or its root, tainted: it signs no more than it must. */
  readonly isTainted?: true;
  /** Whether an operator brought it, certificate and key (ca/import-by-hand). */
  readonly isImported?: true;
}

export interface CaAuthority extends Authority {
  readonly certificate: Certificate;
  /** Undefined where the certificate is its own root. */
  readonly upstream: CaUpstream | undefined;
}

/** What stands above a CA certificate that somebody else signed. DER each. */
export interface CaUpstream {
  /** From the one that signed it upwards, without the root. */
  readonly intermediates: readonly Uint8Array[];
  /** All that upstream trusts; that at the end of the chain first. */
  readonly roots: readonly Uint8Array[];
}

/** What is sent along with a certificate that the CA signed: every issuer but the root. */
export const chainAbove = ({ certificate, upstream }: CaAuthority): readonly Uint8Array[] =>
  upstream === undefined ? [] : [certificate.raw, ...upstream.intermediates];

/** What the slots hold at one moment: at most one authority of each status. Never changed, only replaced. */
export class Authorities<A extends Authority> {
  static readonly none: Authorities<never> = new Authorities<never>([]);
  readonly all: readonly A[];

  private constructor(all: readonly A[]) {
    this.all = all;
  }

  /** Throws when a slot or a status occurs twice. */
  static of<A extends Authority>(all: readonly A[]): Authorities<A> {
    for (const key of ['slot', 'status'] as const) {
      const values = all.map((authority) => authority[key]);
      if (new Set(values).size !== values.length)
        throw new Error(`two authorities with the same ${key}: ${values.join(', ')}`);
    }
    return new Authorities(all);
  }

  get active(): A | undefined {
    return this.#find('ACTIVE');
  }

  get prepared(): A | undefined {
    return this.#find('PREPARED');
  }

  get old(): A | undefined {
    return this.#find('OLD');
  }

  /** What the other slot than the active one's holds: the prepared authority or the old one. */
  get standby(): A | undefined {
    return this.prepared ?? this.old;
  }

  /** The slot that the next authority goes to: never the active one's; the old one is given up. */
  get standbySlot(): SlotId {
    return this.active?.slot === 'A' ? 'B' : 'A';
  }

  /** Without what this slot holds: its key was replaced. */
  without(slot: SlotId): Authorities<A> {
    return new Authorities(this.all.filter((other) => other.slot !== slot));
  }

  /** With this prepared authority in its slot; what was there, and any other prepared one, is gone. */
  withPrepared(prepared: A): Authorities<A> {
    const kept = this.all.filter((other) => other.slot !== prepared.slot && other.status !== 'PREPARED');
    return Authorities.of([...kept, prepared]);
  }

  /** The prepared authority becomes the active one, the active one the old one. */
  withPreparedActivated(): Authorities<A> {
    const { active, prepared } = this;
    if (prepared === undefined) throw new Error('there is no prepared authority to activate');
    const now: A[] = [{ ...prepared, status: 'ACTIVE' }];
    if (active !== undefined) now.push({ ...active, status: 'OLD' });
    return Authorities.of(now);
  }

  /** Each one with what `seen` says of it. */
  withSeen(seen: (authority: A) => Pick<Authority, 'publishedAt' | 'isTainted'>): Authorities<A> {
    return new Authorities(this.all.map((authority) => ({ ...authority, ...seen(authority) })));
  }

  #find(status: AuthorityStatus): A | undefined {
    return this.all.find((authority) => authority.status === status);
  }
}
