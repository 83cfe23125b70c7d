/** DNS names that an entry may give its SVIDs. Used by check-entry. */
import { domainToASCII, domainToUnicode } from 'node:url';
import { invalidArgument } from '../../shared/errors.ts';

const NAME_MAX = 253; // RFC 1035 2.3.4, in text form
const LABEL_MAX = 63; // RFC 1035 2.3.1

/**
 * Letters, digits and hyphens; a wildcard only as the whole first label (SPIRE: entry validation). Throws
 * InvalidArgument that says which rule was broken.
 */
export function checkDnsName(name: string): string {
  if (name === '') throw refusal(name, 'it is empty');
  if (name.length > NAME_MAX)
    throw refusal(name.slice(0, LABEL_MAX), `it is longer than ${NAME_MAX} characters`);
  if (name.endsWith('.')) throw refusal(name, 'it has a trailing dot');
  const host = name.startsWith('*.') ? name.slice(2) : name;
  if (host.includes('*')) throw refusal(name, 'a wildcard must be the whole first label');
  for (const label of host.split('.')) checkLabel(label, name);
  return name;
}

function checkLabel(label: string, name: string): void {
  if (label === '') throw refusal(name, 'it has an empty label');
  if (label.length > LABEL_MAX) throw refusal(name, `a label is longer than ${LABEL_MAX} characters`);
  if (!/^[A-Za-z0-9-]+$/.test(label))
    throw refusal(name, 'labels are limited to letters, numbers and hyphens');
  if (label.startsWith('-') || label.endsWith('-'))
    throw refusal(name, 'a label begins or ends with a hyphen');
  if (label.slice(2, 4) === '--' && !isPunycode(label))
    throw refusal(name, `"${label}" is not an IDNA label`);
}

/** RFC 5891 4.2.3.1 reserves hyphens in the third and fourth place for encoded labels, which must decode and encode back. */
function isPunycode(label: string): boolean {
  const folded = label.toLowerCase();
  const decoded = domainToUnicode(folded);
  return folded.startsWith('xn--') && decoded !== folded && domainToASCII(decoded) === folded;
}

const refusal = (name: string, why: string): Error =>
  invalidArgument(`invalid DNS name ${JSON.stringify(name)}: ${why}`);
