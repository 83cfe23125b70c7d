/** Users by name, from /etc/passwd. Called where a configuration names users. */
import { readFileSync } from 'node:fs';

const FIELDS_MIN = 3; // passwd(5): name, password, id

/** Undefined without such a user. The C library's name services (LDAP, sssd) are not asked: give the number then. */
export function findUserId(name: string, passwd: () => string = readPasswd): number | undefined {
  for (const line of passwd().split('\n')) {
    const fields = line.split(':');
    if (fields.length >= FIELDS_MIN && fields[0] === name && /^\d{1,10}$/.test(fields[2] ?? ''))
      return Number(fields[2]);
  }
  return undefined;
}

/** A file that cannot be read names nobody. */
function readPasswd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    return '';
  }
}
