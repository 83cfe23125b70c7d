/**
 * Attestation by an HTTP server under a host's name: the node is whom the name leads to (SPIRE: http_challenge). Listed in
 * registry.ts.
 *
 * DIVERGES: SPIRE follows redirects, asks whatever a name leads to, this machine and its link among it, takes addresses and
 * any other text for a name, and tells the caller what was answered. Here nothing of that; names are in lower case.
 */
import type { Clock } from '../../shared/clock.ts';
import { utf8 } from '../../shared/bytes.ts';
import { Code, CodedError, invalidArgument, permissionDenied } from '../../shared/errors.ts';
import { type HttpChallengeClaim, isAgentName, isHostName } from '../../shared/http-challenge.ts';
import type { Random } from '../../shared/random.ts';
import { agentId } from '../../shared/spiffe/reserved.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { HttpChallengeConfig } from '../config/http-challenge-plugin.ts';
import { denied } from './denial.ts';
import { fetchNonce } from './fetch-nonce.ts';
import type { HostAddresses } from './host-addresses.ts';
import type { Evidence, NodeAttestor, ProvenNode } from './node-attestor.ts';

export interface HttpChallengeNeeds {
  readonly trustDomain: TrustDomain;
  readonly clock: Clock;
  readonly random: Random;
  readonly addressesOf: HostAddresses;
}

const TYPE = 'http_challenge';
const NONCE_BYTES = 32; // SPIRE's
const PAYLOAD_MAX_BYTES = 1_024;
const PORT_MAX = 65_535;
const ROOT_PORTS_END = 1_024;
const FETCHES_MAX = 64; // at once: each holds a socket for up to 10 s
const FETCHES_OF_ADDRESS_MAX = 4; // so that few addresses cannot keep everybody else out

export class HttpChallengeAttestor implements NodeAttestor {
  readonly #config: HttpChallengeConfig;
  readonly #needs: HttpChallengeNeeds;
  #fetches = 0;
  readonly #byAddress = new Map<string, number>();

  constructor(config: HttpChallengeConfig, needs: HttpChallengeNeeds) {
    this.#config = config;
    this.#needs = needs;
  }

  async prove({ payload, challenge, address }: Evidence): Promise<ProvenNode> {
    const claim = readClaim(payload);
    this.#check(claim);
    const { trustDomain, random } = this.#needs;
    const nonce = base64Url(random.bytes(NONCE_BYTES));
    await challenge(utf8(JSON.stringify({ nonce }))); // what it says is of no matter: it serves by then
    await this.#inTurn(address ?? '', () => this.#fetch(claim, nonce));
    return {
      id: agentId(trustDomain, `${TYPE}/${claim.hostname}`),
      selectors: [{ type: TYPE, value: `hostname:${claim.hostname}` }],
      canReattest: !this.#config.tofu,
      joinToken: undefined,
    };
  }

  /** SPIRE's messages. */
  #check({ hostname, agentname, port }: HttpChallengeClaim): void {
    const { requiredPort, allowsNonRootPorts, allowedDnsPatterns } = this.#config;
    if (!Number.isInteger(port) || port < 1 || port > PORT_MAX) throw invalidArgument('port is invalid');
    if (requiredPort !== undefined && port !== requiredPort)
      throw invalidArgument(`port ${port} is not allowed to be used by this server`);
    if (!allowsNonRootPorts && port >= ROOT_PORTS_END)
      throw invalidArgument(`port ${port} is not allowed to be >= 1024`);
    if (!isAgentName(agentname)) throw invalidArgument('agent name is not valid');
    if (/(?:^|\.)localhost\.?$/.test(hostname))
      throw permissionDenied('you can not use localhost as a hostname');
    if (!isHostName(hostname)) throw invalidArgument('hostname is not valid');
    if (allowedDnsPatterns.length > 0 && !allowedDnsPatterns.some((pattern) => pattern.isMatch(hostname)))
      throw permissionDenied('the requested hostname is not allowed to connect');
  }

  async #inTurn(address: string, deed: () => Promise<void>): Promise<void> {
    const own = this.#byAddress.get(address) ?? 0;
    if (this.#fetches >= FETCHES_MAX || own >= FETCHES_OF_ADDRESS_MAX)
      throw new CodedError(Code.resourceExhausted, 'too many challenges are being verified', {
        retryAfterMs: 1_000,
      });
    this.#fetches += 1;
    this.#byAddress.set(address, own + 1);
    try {
      await deed();
    } finally {
      this.#fetches -= 1;
      const left = (this.#byAddress.get(address) ?? 0) - 1;
      if (left > 0) this.#byAddress.set(address, left);
      else this.#byAddress.delete(address);
    }
  }

  async #fetch(claim: HttpChallengeClaim, nonce: string): Promise<void> {
    try {
      const answer = await fetchNonce({ ...this.#needs, ...this.#config }, claim);
      if (answer !== nonce) throw new Error('its answer is not the nonce');
    } catch (cause) {
      throw denied('challenge verification failed', cause);
    }
  }
}

/** With its padding, as Go's URLEncoding. */
const base64Url = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_');

function readClaim(payload: Uint8Array): HttpChallengeClaim {
  const read = payload.length > PAYLOAD_MAX_BYTES ? undefined : parseJson(payload);
  if (typeof read !== 'object' || read === null) throw invalidArgument('failed to unmarshal data');
  const { hostname = '', agentname = '', port = 0 } = read as Readonly<Record<string, unknown>>;
  if (typeof hostname !== 'string' || typeof agentname !== 'string' || typeof port !== 'number')
    throw invalidArgument('failed to unmarshal data');
  return { hostname: hostname.toLowerCase(), agentname, port };
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return undefined;
  }
}
