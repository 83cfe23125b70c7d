/**
 * A CA certificate and private key of the operator's own, taken as this server's next X.509 authority. Called by
 * api/localauthority. It comes into the standby slot and the bundle as one that is prepared, and from then on is rotated
 * as any other by its own validity; what follows it this server makes, unless another one is imported.
 *
 * A crash at any line leaves what ca/rotating-authorities says. One below a root that had not reached the bundle yet is
 * given up at the next start, since it could as well have been revoked: it is imported again.
 */
import { bytesEqual } from '../../shared/bytes.ts';
import type { Clock } from '../../shared/clock.ts';
import { Code, CodedError, withContext } from '../../shared/errors.ts';
import type { Random } from '../../shared/random.ts';
import { BUNDLE_MAX_BYTES, checkBundleSize } from '../bundle/bundle-size.ts';
import { x509AuthorityIdOf } from '../bundle/change-authorities.ts';
import type { KeyManager } from '../key-manager/key-manager.ts';
import type { CaAuthority } from './authorities.ts';
import { checkBundleRoom, type LocalAuthorityNeeds } from './local-authority.ts';
import { type BroughtCa, checkImportedCa, type ImportedCa } from './imported-ca.ts';
import { hasX509Key } from './journal-keys.ts';
import type { JournalStore } from './journal-store.ts';
import type { AuthoritySource, RotatingAuthorities } from './rotating-authorities.ts';
import { prepareAfter } from './rotation.ts';
import { importedAuthority } from './x509-kind.ts';

export interface ImportNeeds extends LocalAuthorityNeeds {
  readonly keyManager: Pick<KeyManager, 'importKey'>;
  readonly journals: Pick<JournalStore, 'listLive'>;
  /** Which of those is this server's. */
  readonly journalId: () => string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly defaultX509SvidTtlSeconds: number;
}

export interface ImportRequest extends BroughtCa {
  /** It signs at once, whoever knows it. */
  readonly isActivated: boolean;
}

export interface ImportedAuthority {
  readonly authority: CaAuthority;
  /** After this moment this server makes a successor for it. */
  readonly followedAfter: Date;
}

export class ImportByHand {
  readonly #authorities: RotatingAuthorities<CaAuthority>;
  readonly #needs: ImportNeeds;

  constructor(authorities: RotatingAuthorities<CaAuthority>, needs: ImportNeeds) {
    this.#authorities = authorities;
    this.#needs = needs;
  }

  /**
   * Throws InvalidArgument on what cannot be signed with, FailedPrecondition where another authority is in the way,
   * ResourceExhausted when the bundle is full, Unavailable at the start. Nothing has changed then.
   */
  import(request: ImportRequest): Promise<ImportedAuthority> {
    return this.#needs.oneAtATime(async () => {
      const ca = await this.#check(request);
      const prepared = await doing('import', () => this.#authorities.prepare(this.#sourceOf(ca, request)));
      await this.#needs.confirm().catch(() => undefined); // it is kept: that it cannot be read back now is no failure of it
      const authority = request.isActivated ? await this.#activate() : prepared;
      const successorLifeMs = this.#authorities.kind.ttlSeconds * 1_000;
      return { authority, followedAfter: prepareAfter(authority, successorLifeMs) };
    });
  }

  #activate(): Promise<CaAuthority> {
    return doing('activate the imported, and now prepared,', () => this.#authorities.activate());
  }

  #sourceOf(ca: ImportedCa, { privateKey }: BroughtCa): AuthoritySource<CaAuthority> {
    return {
      keepKey: (keyId) => this.#needs.keyManager.importKey(keyId, privateKey),
      make: async (key) => importedAuthority(key, ca),
      lookAgain: () => this.#checkNobodyElse(ca), // who imports it at the same moment finds us, or we find him
    };
  }

  async #check(request: ImportRequest): Promise<ImportedCa> {
    const { clock, random, trustDomain, defaultX509SvidTtlSeconds } = this.#needs;
    const { active } = this.#authorities.state();
    if (this.#authorities.kind.hasUpstream)
      throw refused(
        'an UpstreamAuthority is configured, which signs every CA certificate of this server: remove it from the configuration and restart, then import',
      );
    const ca = await checkImportedCa(request, {
      trustDomain,
      now: clock.now(),
      random,
      defaultX509SvidTtlSeconds,
    });
    checkNotActive(ca, active);
    await this.#checkBundle(ca);
    await this.#checkNobodyElse(ca);
    return ca;
  }

  async #checkBundle({ certificate, upstream }: ImportedCa): Promise<void> {
    const { bundles, trustDomain } = this.#needs;
    const { kind } = this.#authorities;
    const bundle = await doing('import', () => bundles.find(trustDomain));
    const added = { certificate: upstream?.roots[0] ?? certificate.raw, tainted: false };
    const id = x509AuthorityIdOf(added);
    const held = bundle?.x509Authorities ?? [];
    const isTainted = held.some((one) => one.tainted && x509AuthorityIdOf(one) === id);
    if (id !== undefined && (isTainted || this.#authorities.isDistrusted(id)))
      throw refused(`authority ${id}, which it is or is below, is tainted: make a CA with a new key`);
    if (bundle === undefined || held.some((one) => bytesEqual(one.certificate, added.certificate))) return;
    checkBundleRoom(kind, bundle);
    checkBundleSize({ ...bundle, x509Authorities: [...held, added] }, BUNDLE_MAX_BYTES);
  }

  /** A restarted server knows its journal by its keys: one that two servers hold would lead one to the other's. */
  async #checkNobodyElse({ signer }: ImportedCa): Promise<void> {
    const { clock, journals, journalId } = this.#needs;
    const live = await doing('import', () => journals.listLive(clock.now()));
    const others = live.filter(({ id }) => id !== journalId());
    if (others.some((other) => hasX509Key(other, signer.publicKey)))
      throw refused(
        'another server of this trust domain has this key in one of its slots: give each server a CA certificate and key of its own, below one root',
      );
  }
}

function checkNotActive({ certificate, signer }: ImportedCa, active: CaAuthority): void {
  if (bytesEqual(certificate.raw, active.certificate.raw))
    throw refused('it is the active authority already');
  const { subjectKeyId = new Uint8Array() } = certificate;
  const isSameName = bytesEqual(subjectKeyId, active.certificate.subjectKeyId ?? new Uint8Array());
  if (isSameName || bytesEqual(signer.publicKey, active.signer.publicKey))
    throw refused(
      "its key, or its subject key identifier, is the active authority's: the two could not be told apart, make a CA with a new key",
    );
}

async function doing<T>(what: string, deed: () => Promise<T>): Promise<T> {
  try {
    return await deed();
  } catch (cause) {
    throw withContext(`failed to ${what} X.509 authority`, cause);
  }
}

const refused = (why: string): CodedError =>
  new CodedError(Code.failedPrecondition, `CA cannot be imported: ${why}`);
