/**
 * One GET to a host that a stranger named: 10 s in all, no redirects, 64 bytes, and no address from which something could
 * answer that is nobody's name. What is checked is what is connected to. Used by http-challenge.
 */
import { request } from 'node:http';
import { BlockList, isIPv6, type LookupFunction } from 'node:net';
import type { Clock } from '../../shared/clock.ts';
import { challengePath, type HttpChallengeClaim } from '../../shared/http-challenge.ts';
import type { HostAddresses } from './host-addresses.ts';

export interface FetchNonceNeeds {
  readonly clock: Clock;
  readonly addressesOf: HostAddresses;
  readonly allowsLoopback: boolean;
}

const TIME_MAX_MS = 10_000; // SPIRE's
const BODY_MAX_BYTES = 64; // SPIRE's; a nonce has 44 characters
const HEADERS_MAX_BYTES = 8_192;
const ADDRESSES_MAX = 8;

/** The body without white space around it. Throws, fit for a log, when there is none within these bounds. */
export async function fetchNonce(needs: FetchNonceNeeds, claim: HttpChallengeClaim): Promise<string> {
  const { clock, addressesOf, allowsLoopback } = needs;
  const [late, done] = [new AbortController(), new AbortController()];
  void clock.sleep(TIME_MAX_MS, done.signal).then(
    () => late.abort(new Error(`it took longer than ${TIME_MAX_MS / 1_000} s`)),
    () => {},
  );
  try {
    const found = await unlessAborted(late.signal, addressesOf(claim.hostname, late.signal));
    const addresses = found.filter((address) => isAllowed(address, allowsLoopback)).slice(0, ADDRESSES_MAX);
    if (addresses.length === 0) throw new Error(`its addresses are not allowed: ${found.join(', ')}`);
    return (await unlessAborted(late.signal, get(claim, addresses, late.signal))).trim();
  } finally {
    done.abort();
    late.abort();
  }
}

/** Whoever listens there answers for this machine, this link, or many at once, and not for a host by its name. */
const FORBIDDEN = new BlockList();
const LOOPBACK = new BlockList();
const NAT64 = '64:ff9b::'; // RFC 6052 2.1: the last 32 bits are an IPv4 address

/** The network and the same behind NAT64. */
function refuse(list: BlockList, network: string, prefix: number): void {
  list.addSubnet(network, prefix, 'ipv4');
  list.addSubnet(`${NAT64}${network}`, 96 + prefix, 'ipv6');
}

for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16], // RFC 3927; metadata of clouds
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['100.100.100.200', 32], // metadata of Alibaba
  ['168.63.129.16', 32], // of Azure
  ['192.0.0.192', 32], // of Oracle
] as const)
  refuse(FORBIDDEN, network, prefix);
refuse(LOOPBACK, '127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');
FORBIDDEN.addAddress('::', 'ipv6');
FORBIDDEN.addRange('::2', '::ffff:ffff', 'ipv6'); // IPv4-compatible, long deprecated (RFC 4291 2.5.5.1)
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6');
FORBIDDEN.addSubnet('ff00::', 8, 'ipv6');
FORBIDDEN.addAddress('fd00:ec2::254', 'ipv6'); // metadata of AWS
FORBIDDEN.addAddress('fd20:ce::254', 'ipv6'); // of Google

/** Private networks are allowed: that is where nodes are. */
export function isAllowed(address: string, allowsLoopback: boolean): boolean {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  return !FORBIDDEN.check(address, family) && (allowsLoopback || !LOOPBACK.check(address, family));
}

async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  aborted.catch(() => {});
  work.catch(() => {});
  return Promise.race([work, aborted]);
}

function get(
  { hostname, port, agentname }: HttpChallengeClaim,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request({
      host: hostname,
      port,
      path: challengePath(agentname),
      agent: false,
      lookup: giving(addresses),
      maxHeaderSize: HEADERS_MAX_BYTES,
      signal,
    });
    asking.on('error', reject);
    asking.on('response', (response) => {
      const fail = (why: string): void => {
        reject(new Error(why));
        asking.destroy();
      };
      if (response.statusCode !== 200) return fail(`it answered with status ${response.statusCode}`);
      let body = Buffer.alloc(0);
      response.on('data', (chunk: Buffer) => {
        body = Buffer.concat([body, chunk]);
        if (body.length > BODY_MAX_BYTES) fail(`it answered with more than ${BODY_MAX_BYTES} bytes`);
      });
      response.on('end', () => resolve(body.toString('latin1')));
      response.on('error', reject);
    });
    asking.end();
  });
}

/** In place of a look-up: the addresses that were checked, of which the first that answers is taken. */
const giving =
  (addresses: readonly string[]): LookupFunction =>
  (_hostname, { all }, callback) => {
    const found = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
    if (all === true) callback(null, found);
    else callback(null, found[0]?.address ?? '', found[0]?.family);
  };
