/** Which authorities a restarted server goes on with: those whose journal, certificate and key agree. Called by ca/rotating-authorities. */
import { bytesEqual, toHex } from '../../shared/bytes.ts';
import { parseCertificate } from '../../shared/crypto/certificate.ts';
import { subjectKeyId } from '../../shared/crypto/keys.ts';
import type { Signer } from '../../shared/crypto/signer.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { KeyManager } from '../key-manager/key-manager.ts';
import { Authorities, type Authority, keyIdOf, SLOT_IDS, type SlotId } from './authorities.ts';
import { type JournalEntry, parseJournal } from './journal.ts';
import type { JournalStore } from './journal-store.ts';
import { checkSelfSigned } from './self-signed.ts';

export interface ResumeNeeds {
  readonly log: Logger;
  readonly keyManager: KeyManager;
  readonly journals: JournalStore;
  readonly trustDomain: TrustDomain;
  readonly now: Date;
}

export interface Resumed {
  /** Of the journal to write on in; undefined when none was found. */
  readonly journalId: string | undefined;
  readonly authorities: Authorities;
}

/** Nothing of it is taken as published: whoever resumes looks into the bundle. Throws Internal on a journal that cannot be read. */
export async function resumeAuthorities(needs: ResumeNeeds): Promise<Resumed> {
  const signers = await findSigners(needs.keyManager);
  const authorityIds = [...signers.values()].map((signer) => toHex(subjectKeyId(signer.publicKey)));
  const record = authorityIds.length === 0 ? undefined : await needs.journals.find(authorityIds);
  if (record === undefined) return { journalId: undefined, authorities: Authorities.none };
  const resumed = parseJournal(record.content).flatMap(
    (entry) => resumeEntry(needs, entry, signers.get(entry.slot)) ?? [],
  );
  return { journalId: record.id, authorities: Authorities.of(resumed) };
}

async function findSigners(keyManager: KeyManager): Promise<ReadonlyMap<SlotId, Signer>> {
  const signers = new Map<SlotId, Signer>();
  for (const slot of SLOT_IDS) {
    const signer = await keyManager.findKey(keyIdOf(slot));
    if (signer !== undefined) signers.set(slot, signer);
  }
  return signers;
}

function resumeEntry(
  needs: ResumeNeeds,
  entry: JournalEntry,
  signer: Signer | undefined,
): Authority | undefined {
  try {
    return authorityOf(needs, entry, signer);
  } catch (error) {
    needs.log.info('authority of the journal not resumed', {
      slot: entry.slot,
      status: entry.status,
      because: messageOf(error),
    });
    return undefined;
  }
}

function authorityOf(needs: ResumeNeeds, entry: JournalEntry, signer: Signer | undefined): Authority {
  const certificate = parseCertificate(entry.certificate);
  if (needs.now >= certificate.notAfter) throw new Error('it has expired');
  if (signer === undefined) throw new Error('its key is gone');
  if (!bytesEqual(certificate.publicKey, signer.publicKey)) throw new Error('its key was replaced');
  checkSelfSigned(certificate, needs.trustDomain);
  const { slot, status, issuedAt } = entry;
  const authorityId = toHex(subjectKeyId(signer.publicKey));
  const expiresAt = certificate.notAfter;
  return { slot, status, authorityId, certificate, signer, issuedAt, expiresAt, publishedAt: undefined };
}
