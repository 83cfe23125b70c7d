/** Whose journal it is, by the keys that it is about. Asked by ca/server-journal and ca/import-by-hand. */
import { bytesEqual } from '../../shared/bytes.ts';
import { parseCertificate } from '../../shared/crypto/certificate.ts';
import { EMPTY_JOURNAL, type JournalContent, parseJournal } from './journal.ts';
import type { JournalRecord } from './journal-store.ts';

/** Whether this key is in one of its slots of X.509 authorities. */
export const hasX509Key = (record: JournalRecord, publicKey: Uint8Array): boolean =>
  readable(record).x509.some((one) => bytesEqual(keyOf(one.certificate), publicKey));

/** Whether one of these keys is in it that its server made itself: nobody else has such a one. */
export function hasKeyMadeHere(record: JournalRecord, publicKeys: readonly Uint8Array[]): boolean {
  const { x509, jwt, wit } = readable(record);
  const made = [
    ...x509.filter(({ isImported }) => isImported !== true).map(({ certificate }) => keyOf(certificate)),
    ...[...jwt, ...wit].map(({ publicKey }) => publicKey),
  ];
  return made.some((key) => publicKeys.some((held) => bytesEqual(key, held)));
}

/** Of a later Writ's, or a damaged one, it cannot be told. */
function readable({ content }: JournalRecord): JournalContent {
  try {
    return parseJournal(content);
  } catch {
    return EMPTY_JOURNAL;
  }
}

function keyOf(certificate: Uint8Array): Uint8Array {
  try {
    return parseCertificate(certificate).publicKey;
  } catch {
    return new Uint8Array();
  }
}
