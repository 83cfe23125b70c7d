/**
 * Attestation by a certificate that the node had before, and by a signature that shows that it has the key (SPIRE:
 * x509pop). It may attest as often as it likes. Listed in registry.ts.
 *
 * DIVERGES: SPIRE takes a leaf that is a CA, and RSA keys of any size.
 */
import type { Clock } from '../../shared/clock.ts';
import { fromBase64 } from '../../shared/bytes.ts';
import { type Certificate, parseCertificate } from '../../shared/crypto/certificate.ts';
import { verifyChain } from '../../shared/crypto/chain.ts';
import { hasIpSan } from '../../shared/crypto/ip-sans.ts';
import { withOtherSignature } from '../../shared/crypto/other-signature.ts';
import { parsePem } from '../../shared/crypto/pem.ts';
import { challengeFor, checkAnswer, NONCE_BYTES } from '../../shared/crypto/possession.ts';
import { importPublicKey, readPublicKey } from '../../shared/crypto/public-key.ts';
import { Code, CodedError, invalidArgument, messageOf } from '../../shared/errors.ts';
import type { Random } from '../../shared/random.ts';
import { readBounded } from '../../shared/read-bounded.ts';
import { agentId } from '../../shared/spiffe/reserved.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { parseX509Svid } from '../../shared/svid/x509-svid.ts';
import type { X509PopConfig } from '../config/x509pop-plugin.ts';
import { denied } from './denial.ts';
import type { Evidence, NodeAttestor, ProvenNode } from './node-attestor.ts';
import { fieldsOf, type NodeCertificate, sansOf, selectorsOf } from './x509pop-fields.ts';

export interface X509PopNeeds {
  readonly trustDomain: TrustDomain;
  readonly clock: Clock;
  readonly random: Random;
  /** The X.509 authorities (DER) of the server's own bundle, now. */
  readonly ownAuthorities: () => readonly Uint8Array[];
}

const PAYLOAD_MAX_BYTES = 262_144; // a leaf and its intermediates, in base64: a hundred times what is usual

export class X509PopAttestor implements NodeAttestor {
  readonly #config: X509PopConfig;
  readonly #needs: X509PopNeeds;
  readonly #roots: () => readonly Certificate[];

  /** Reads the CAs; throws FailedPrecondition, with the file, where they cannot be read. */
  constructor(config: X509PopConfig, needs: X509PopNeeds) {
    this.#config = config;
    this.#needs = needs;
    const { trust } = config;
    if (trust.mode === 'spiffe') this.#roots = () => needs.ownAuthorities().map(parseCertificate);
    else {
      const roots = trust.caBundlePaths.flatMap(readAuthorities);
      this.#roots = () => roots;
    }
  }

  async prove({ payload, challenge, address }: Evidence): Promise<ProvenNode> {
    const chain = readChain(payload, this.#config.maxIntermediates);
    const [leaf] = chain;
    const authorities = this.#verify(leaf, chain);
    await this.#checkPossession(leaf, challenge);
    if (this.#config.verifiesClientIp) checkAddress(leaf, address);
    const { trustDomain } = this.#needs;
    const node = { leaf, trustDomain, svidPath: this.#svidPath(leaf), sans: sansOf(leaf, trustDomain) };
    return {
      id: this.#agentId(node),
      selectors: selectorsOf(node, authorities),
      canReattest: true,
      joinToken: undefined,
      twins: this.#twins(node, authorities),
    };
  }

  /** What vouches for the leaf. Throws PermissionDenied when nothing does. */
  #verify(leaf: Certificate, chain: readonly Certificate[]): readonly Certificate[] {
    try {
      for (const each of chain) checkKeySize(each, this.#config.maxRsaKeyBits);
      if (leaf.isCa) throw invalidArgument('leaf certificate is a CA');
      if (this.#config.trust.mode === 'spiffe') parseX509Svid(chain.map(({ raw }) => raw));
      return authoritiesAbove(chain, this.#roots(), this.#needs.clock.now());
    } catch (cause) {
      if (cause instanceof CodedError && cause.code === Code.invalidArgument)
        throw denied('certificate verification failed', cause);
      throw cause;
    }
  }

  async #checkPossession(leaf: Certificate, challenge: Evidence['challenge']): Promise<void> {
    if (leaf.keyUsage?.has('digitalSignature') !== true)
      throw denied('unable to generate challenge', 'certificate not intended for digital signature use');
    const key = importPublicKey(leaf.publicKey);
    const nonce = this.#needs.random.bytes(NONCE_BYTES);
    const question = refusing('unable to generate challenge', () => challengeFor(key, nonce));
    const answer = await challenge(question);
    refusing('challenge response verification failed', () => checkAnswer(key, nonce, answer));
  }

  /** The path of the SVID below the prefix. */
  #svidPath({ uriSans }: Certificate): string {
    const { trust } = this.#config;
    if (trust.mode !== 'spiffe') return '';
    const id = SpiffeId.parse(uriSans[0] ?? '');
    if (!id.isMemberOf(this.#needs.trustDomain) || !id.path.startsWith(trust.prefix))
      throw denied('x509 cert doesnt match SVID prefix', `"${id}" is not below "${trust.prefix}"`);
    return id.path.slice(trust.prefix.length);
  }

  /** The agent that the certificate makes with its signature's other form, which has another fingerprint. */
  #twins(node: NodeCertificate, [issuer]: readonly Certificate[]): readonly SpiffeId[] {
    const raw = issuer === undefined ? undefined : withOtherSignature(node.leaf, issuer);
    return raw === undefined ? [] : [this.#agentId({ ...node, leaf: { ...node.leaf, raw } })];
  }

  #agentId(node: NodeCertificate): SpiffeId {
    return refusing('failed to make spiffe id', () => {
      const path = this.#config.agentPathTemplate.fill(fieldsOf(node));
      if (!path.startsWith('/')) throw invalidArgument(`agent path "${path}" has no leading slash`);
      return agentId(node.trustDomain, path.slice(1));
    });
  }
}

/** What `check` says in the caller's fault becomes a denial that keeps it for the log. */
function refusing<T>(message: string, check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (cause instanceof CodedError && cause.code !== Code.internal) throw denied(message, cause);
    throw cause;
  }
}

type Chain = readonly [Certificate, ...Certificate[]];

/** SPIRE's messages, without what its parser says. */
function readChain(payload: Uint8Array, maxIntermediates: number): Chain {
  const [leaf, ...intermediates] = readPayload(payload);
  if (leaf === undefined) throw invalidArgument('no certificate to attest');
  if (intermediates.length > maxIntermediates)
    throw invalidArgument(`more than ${maxIntermediates} intermediate certificates`);
  return [
    readOne(leaf, 'leaf certificate'),
    ...intermediates.map((each, at) => readOne(each, `intermediate certificate ${at}`)),
  ];
}

function readPayload(payload: Uint8Array): readonly Uint8Array[] {
  const texts = payload.length > PAYLOAD_MAX_BYTES ? undefined : certificatesIn(payload);
  const all = texts?.map((text) => (typeof text === 'string' ? fromBase64(text) : undefined));
  if (all === undefined || all.includes(undefined)) throw invalidArgument('failed to unmarshal data');
  return all.filter((each) => each !== undefined);
}

function certificatesIn(payload: Uint8Array): readonly unknown[] | undefined {
  try {
    const read: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    if (typeof read !== 'object' || read === null || Array.isArray(read)) return undefined;
    const certificates: unknown = Reflect.get(read, 'certificates') ?? [];
    return Array.isArray(certificates) ? certificates : undefined;
  } catch {
    return undefined;
  }
}

function readOne(der: Uint8Array, what: string): Certificate {
  try {
    return parseCertificate(der);
  } catch (cause) {
    throw invalidArgument(`unable to parse ${what}`, { cause });
  }
}

function checkKeySize({ publicKey }: Certificate, maxBits: number): void {
  const { kind, bits } = readPublicKey(publicKey);
  if (kind === 'rsa' && bits > maxBits)
    throw invalidArgument(`RSA key has ${bits} bits, where at most ${maxBits} are allowed`);
}

/**
 * What is above the leaf on its path to each root that it reaches. Throws InvalidArgument when it reaches none.
 *
 * DIVERGES: of several paths to one root SPIRE takes all, this the first that is good.
 */
function authoritiesAbove(
  chain: readonly Certificate[],
  roots: readonly Certificate[],
  at: Date,
): readonly Certificate[] {
  const found = new Set(verifyChain({ chain, roots, at }).slice(1));
  for (const root of roots.filter((each) => !found.has(each)))
    for (const each of pathTo(root, chain, at)) found.add(each);
  return [...found];
}

function pathTo(root: Certificate, chain: readonly Certificate[], at: Date): readonly Certificate[] {
  try {
    return verifyChain({ chain, roots: [root], at }).slice(1);
  } catch (error) {
    if (error instanceof CodedError) return [];
    throw error;
  }
}

function checkAddress(leaf: Certificate, address: string | undefined): void {
  if (address === undefined || !hasIpSan(leaf, address))
    throw denied(
      'client IP address is not among those of the certificate',
      `it came from ${address ?? 'the admin socket'}`,
    );
}

function readAuthorities(path: string): readonly Certificate[] {
  try {
    const found = parsePem(readBounded(path).bytes.toString('latin1'), 'CERTIFICATE').map(parseCertificate);
    if (found.length === 0) throw invalidArgument('there is no certificate in it');
    return found;
  } catch (cause) {
    throw failed(`unable to load trust bundle "${path}": ${messageOf(cause)}`, cause);
  }
}

const failed = (message: string, cause: unknown): CodedError =>
  new CodedError(Code.failedPrecondition, message, { cause });
