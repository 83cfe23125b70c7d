/**
 * The addresses of a host that a stranger named: from the machine's hosts file, else from its DNS servers, asked without the
 * C library, whose look-ups take the threads that the CA signs on. Names are taken as they are, no search domain is added.
 * Used by http-challenge.
 */
import { readFile } from 'node:fs/promises';
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';

/** Throws when there are none. Ends when `signal` is aborted. */
export type HostAddresses = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;

const HOSTS_FILE = '/etc/hosts';
const TRY_MS = 3_000;
const TRIES = 2;

export const systemHostAddresses: HostAddresses = async (hostname, signal) => {
  const known = addressesInHosts(await readFile(HOSTS_FILE, 'utf8').catch(() => ''), hostname);
  if (known.length > 0) return known;
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const found = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    const addresses = found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    if (addresses.length === 0) throw new Error(`no address of ${hostname} was found`);
    return addresses;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
};

/** hosts(5): an address, then names; case does not matter. */
export function addressesInHosts(text: string, hostname: string): readonly string[] {
  const found: string[] = [];
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*$/, '').trim().toLowerCase().split(/\s+/);
    if (names.includes(hostname) && isIP(address) !== 0) found.push(address);
  }
  return found;
}
