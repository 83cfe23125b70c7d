/** The last look at what was kept before workloads get it again. Called by kept. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { parsePrivateKey } from '../../shared/crypto/keys.ts';
import { invalidArgument, messageOf } from '../../shared/errors.ts';
import { parseX509Svid } from '../../shared/svid/x509-svid.ts';
import { checkIssued } from '../sync/check-issued.ts';
import { BundleCache } from './bundle-cache.ts';
import type { HeldSvid } from './x509-kind.ts';
import type { EntryWithSvid, UncheckedEntry } from './kept-entry.ts';
import type { KeptState, UncheckedState } from './kept-text.ts';

/**
 * SVIDs whose time is over, or to come, are left out. Throws InvalidArgument where any other is not its entry's, not for
 * its key, or not vouched for by the kept bundle; and where none is left.
 */
export function checkKept(unchecked: UncheckedState, at: Date): KeptState {
  const bundles = new BundleCache(unchecked.ownBundle);
  bundles.setOwn(unchecked.ownBundle);
  const entries = unchecked.entries.map((one) => checkEntry(one, { bundles, at }));
  if (new Set(entries.map(({ entry }) => entry.id)).size < entries.length)
    throw invalidArgument('an entry is in it twice');
  if (!entries.some(({ svid }) => svid !== undefined)) throw invalidArgument('no SVID in it is valid now');
  return { ...unchecked, entries };
}

interface Trust {
  readonly bundles: BundleCache;
  readonly at: Date;
}

function checkEntry(one: UncheckedEntry, trust: Trust): EntryWithSvid {
  try {
    return { entry: one.entry, svid: checkSvid(one, trust) };
  } catch (error) {
    throw invalidArgument(`entry "${one.entry.id}": ${messageOf(error)}`);
  }
}

function checkSvid({ entry, svid }: UncheckedEntry, { bundles, at }: Trust): HeldSvid | undefined {
  if (svid === undefined) return undefined;
  const { chain, privateKey, isOutdated } = svid;
  const { issuedAt, expiresAt, id } = parseX509Svid(chain);
  if (at < issuedAt || expiresAt <= at) return undefined;
  // of an older state, the entry's ID may have been another
  const issuedFor = isOutdated ? { ...entry, spiffeId: id } : entry;
  const publicKey = publicKeyOf(parsePrivateKey(privateKey));
  // no bundle but the own: an agent's workloads are of its trust domain
  const authorities = (domain: typeof id.trustDomain): readonly Uint8Array[] | undefined =>
    domain.equals(bundles.own.trustDomain) ? bundles.authorities(domain) : undefined;
  checkIssued({ chain, entry: issuedFor, publicKey, authorities, at });
  return { entry: issuedFor, spiffeId: id, chain, privateKey, issuedAt, expiresAt };
}

const publicKeyOf = (key: KeyObject): Uint8Array =>
  new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));
