/**
 * The two slots of the X.509 CA and what each holds. Kept by ca/rotating-authorities, judged by
 * ca/rotation, written by ca/journal.
 */
import type { Certificate } from '../../shared/crypto/certificate.ts';
import type { Signer } from '../../shared/crypto/signer.ts';

export const SLOT_IDS = ['A', 'B'] as const;
export type SlotId = (typeof SLOT_IDS)[number];

export const STATUSES = ['PREPARED', 'ACTIVE', 'OLD'] as const;
export type AuthorityStatus = (typeof STATUSES)[number];

/** The key manager's id of a slot's key (SPIRE's name, so that its keys are taken over). */
export const keyIdOf = (slot: SlotId): string => `x509-CA-${slot}`;

export interface Authority {
  readonly slot: SlotId;
  readonly status: AuthorityStatus;
  /** Lowercase hex of the subject key identifier: the authority's name in the SPIRE API. */
  readonly authorityId: string;
  readonly certificate: Certificate;
  readonly signer: Signer;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** Since when the trust domain's bundle holds it; undefined until it does. */
  readonly publishedAt: Date | undefined;
}

/** What the slots hold at one moment: at most one authority of each status. Never changed, only replaced. */
export class Authorities {
  static readonly none = new Authorities([]);
  readonly all: readonly Authority[];

  private constructor(all: readonly Authority[]) {
    this.all = all;
  }

  /** Throws when a slot or a status occurs twice. */
  static of(all: readonly Authority[]): Authorities {
    for (const key of ['slot', 'status'] as const) {
      const values = all.map((authority) => authority[key]);
      if (new Set(values).size !== values.length)
        throw new Error(`two authorities with the same ${key}: ${values.join(', ')}`);
    }
    return new Authorities(all);
  }

  get active(): Authority | undefined {
    return this.#find('ACTIVE');
  }

  get prepared(): Authority | undefined {
    return this.#find('PREPARED');
  }

  get old(): Authority | undefined {
    return this.#find('OLD');
  }

  /** The slot that the next authority goes to: never the active one's; the old one is given up. */
  get standbySlot(): SlotId {
    return this.active?.slot === 'A' ? 'B' : 'A';
  }

  /** With this prepared authority in its slot; what was there, and any other prepared one, is gone. */
  withPrepared(prepared: Authority): Authorities {
    const kept = this.all.filter((other) => other.slot !== prepared.slot && other.status !== 'PREPARED');
    return Authorities.of([...kept, prepared]);
  }

  /** The prepared authority becomes the active one, the active one the old one. */
  withPreparedActivated(): Authorities {
    const { active, prepared } = this;
    if (prepared === undefined) throw new Error('there is no prepared authority to activate');
    const now: Authority[] = [{ ...prepared, status: 'ACTIVE' }];
    if (active !== undefined) now.push({ ...active, status: 'OLD' });
    return Authorities.of(now);
  }

  /** With the publication times that `publishedAt` gives. */
  withPublished(publishedAt: (authority: Authority) => Date | undefined): Authorities {
    return new Authorities(
      this.all.map((authority) => ({ ...authority, publishedAt: publishedAt(authority) })),
    );
  }

  #find(status: AuthorityStatus): Authority | undefined {
    return this.all.find((authority) => authority.status === status);
  }
}
