/** Which authorities of a kind a restarted server goes on with: those whose journal and key agree. Called by ca/rotating-authorities. */
import type { Bundle } from '../../shared/bundle/bundle.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Signer } from '../../shared/crypto/signer.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { KeyManager } from '../key-manager/key-manager.ts';
import { Authorities, type Authority, SLOT_IDS, type SlotId } from './authorities.ts';
import type { AuthorityKind, Dormant } from './authority-kind.ts';
import type { JournalContent } from './journal.ts';

export interface ResumeNeeds<A extends Authority> {
  readonly kind: AuthorityKind<A>;
  readonly log: Logger;
  readonly keyManager: KeyManager;
  readonly journal: JournalContent;
  readonly bundle: Bundle | undefined;
  readonly now: Date;
}

/** Nothing of it is taken as published: whoever resumes looks into the bundle. */
export async function resumeAuthorities<A extends Authority>(needs: ResumeNeeds<A>): Promise<Authorities<A>> {
  const signers = await findSigners(needs.kind, needs.keyManager);
  const dormant = needs.kind.journaled(needs.journal);
  return Authorities.of(dormant.flatMap((one) => resumeOne(needs, one, signers.get(one.slot)) ?? []));
}

/** The keys that the slots of this kind hold. */
export async function findSigners<A extends Authority>(
  kind: AuthorityKind<A>,
  keyManager: KeyManager,
): Promise<ReadonlyMap<SlotId, Signer>> {
  const signers = new Map<SlotId, Signer>();
  for (const slot of SLOT_IDS) {
    const signer = await keyManager.findKey(kind.keyIdOf(slot));
    if (signer !== undefined) signers.set(slot, signer);
  }
  return signers;
}

function resumeOne<A extends Authority>(
  { kind, log, bundle, now }: ResumeNeeds<A>,
  dormant: Dormant<A>,
  signer: Signer | undefined,
): A | undefined {
  try {
    if (signer === undefined) throw new Error('its key is gone');
    const authority = dormant.restore(signer);
    if (now >= authority.expiresAt) throw new Error('it has expired');
    // Perhaps revoked: a new one costs nothing. What is self-signed is appended again, since only its own server revokes it
    if (authority.upstreamAuthorityId !== undefined && kind.heldIn(bundle, authority) === undefined)
      throw new Error('its root is not in the bundle');
    return authority;
  } catch (error) {
    const { slot, status } = dormant;
    const because = messageOf(error);
    log.info('authority of the journal not resumed', { kind: kind.name, slot, status, because });
    return undefined;
  }
}
