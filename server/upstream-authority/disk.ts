/**
 * `UpstreamAuthority "disk"`: a CA certificate and its key in files, read anew for every certificate that is signed, so that
 * files that were exchanged count from the next rotation on. Listed in registry.ts.
 *
 * DIVERGES: SPIRE signs by what it read before when the files cannot be read. Here what was taken away signs no more.
 */
import { bytesEqual } from '../../shared/bytes.ts';
import { addSeconds, type Clock, toSeconds } from '../../shared/clock.ts';
import { type Certificate, parseCertificate } from '../../shared/crypto/certificate.ts';
import { buildCertificate } from '../../shared/crypto/certificate-builder.ts';
import { type Csr, parseCsr, verifyCsr } from '../../shared/crypto/csr.ts';
import { keySigner, subjectKeyId } from '../../shared/crypto/keys.ts';
import { parsePem } from '../../shared/crypto/pem.ts';
import { parsePrivateKeyPem } from '../../shared/crypto/private-key-pem.ts';
import type { Signer } from '../../shared/crypto/signer.ts';
import { Code, CodedError, invalidArgument, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { BACKDATE_SECONDS } from '../ca/ca-config.ts';
import { checkIssuingChain, type IssuingChain } from '../ca/issuing-chain.ts';
import { CA_KEY_USAGE } from '../ca/self-signed.ts';
import { newSerialNumber } from '../ca/serial-number.ts';
import { readBounded } from '../../shared/read-bounded.ts';
import type { MintedCa, MintRequest, UpstreamAuthority } from './upstream-authority.ts';

const DEFAULT_TTL_SECONDS = 3_600; // SPIRE's, for whoever asks for none

export interface DiskUpstreamConfig {
  readonly certFilePath: string;
  readonly keyFilePath: string;
  /** Undefined: the certificate is its own root. */
  readonly bundleFilePath: string | undefined;
}

export interface DiskUpstreamNeeds {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly trustDomain: TrustDomain;
}

interface Files extends IssuingChain {
  readonly signer: Signer;
}

export class DiskUpstreamAuthority implements UpstreamAuthority {
  readonly #config: DiskUpstreamConfig;
  readonly #needs: DiskUpstreamNeeds;

  private constructor(config: DiskUpstreamConfig, needs: DiskUpstreamNeeds) {
    this.#config = config;
    this.#needs = needs;
  }

  /** Throws FailedPrecondition, with what to do, when the files cannot be signed with now. */
  static open(config: DiskUpstreamConfig, needs: DiskUpstreamNeeds): DiskUpstreamAuthority {
    const opened = new DiskUpstreamAuthority(config, needs);
    opened.#read();
    if (readBounded(config.keyFilePath).isOpenToOthers)
      needs.log.warn("everybody on this machine can read the upstream CA's key: chmod 600 its file", {
        path: config.keyFilePath,
      });
    return opened;
  }

  async mintX509Ca({ csr, preferredTtlSeconds }: MintRequest): Promise<MintedCa> {
    const request = parseCsr(csr);
    await verifyCsr(request);
    const files = this.#read();
    const certificate = await this.#sign(files, request, preferredTtlSeconds || DEFAULT_TTL_SECONDS);
    const roots = files.roots.map(({ raw }) => raw);
    // A certificate that is its own root is nobody's intermediate
    const above = files.certificates.map(({ raw }) => raw).filter((raw) => !isIn(raw, roots));
    return { chain: [certificate, ...above], roots };
  }

  async #sign(
    { signer, certificates, roots }: Files,
    { publicKey, subject, uriSans }: Csr,
    ttlSeconds: number,
  ): Promise<Uint8Array> {
    const { clock, random, trustDomain } = this.#needs;
    const [issuer] = certificates;
    const [root] = roots;
    if (issuer === undefined || root === undefined) throw invalidArgument('upstream CA has no certificate');
    if (uriSans.length !== 1 || uriSans[0] !== trustDomain.id)
      throw invalidArgument(`CSR does not name ${trustDomain.id} alone`);
    const now = clock.now();
    const ends = [addSeconds(now, ttlSeconds), ...[...certificates, root].map(({ notAfter }) => notAfter)];
    return buildCertificate({
      issuer: signer,
      issuerName: issuer.subject,
      subject,
      publicKey,
      serialNumber: newSerialNumber(random),
      notBefore: toSeconds(addSeconds(now, -BACKDATE_SECONDS)),
      notAfter: toSeconds(new Date(Math.min(...ends.map((end) => end.getTime())))),
      isCa: true,
      keyUsage: CA_KEY_USAGE,
      uriSans: [trustDomain.id],
      subjectKeyId: subjectKeyId(publicKey),
      authorityKeyId: issuer.subjectKeyId ?? subjectKeyId(issuer.publicKey),
    });
  }

  #read(): Files {
    const { certFilePath, keyFilePath, bundleFilePath } = this.#config;
    const signer = told(`key_file_path "${keyFilePath}"`, () =>
      keySigner(parsePrivateKeyPem(readBounded(keyFilePath).bytes)),
    );
    const chain = told(`cert_file_path "${certFilePath}"`, () => certificatesOf(certFilePath));
    const roots =
      bundleFilePath === undefined
        ? this.#ownRoot(chain)
        : told(`bundle_file_path "${bundleFilePath}"`, () => certificatesOf(bundleFilePath));
    return told(`cert_file_path "${certFilePath}"`, () => {
      if (!bytesEqual(chain[0]?.publicKey ?? new Uint8Array(), signer.publicKey))
        throw invalidArgument(
          `certificate and private key do not match: that of "${keyFilePath}" is another's`,
        );
      return { signer, ...this.#check(chain, roots) };
    });
  }

  /** SPIRE's words. */
  #ownRoot(chain: readonly Certificate[]): readonly Certificate[] {
    const [own, ...others] = chain;
    if (own === undefined || others.length > 0 || !bytesEqual(own.subject, own.issuer))
      throw refused('with no bundle_file_path configured only self-signed CAs are supported');
    return [own];
  }

  #check(chain: readonly Certificate[], roots: readonly Certificate[]): IssuingChain {
    const { clock, trustDomain } = this.#needs;
    return checkIssuingChain({ chain, roots, trustDomain, at: clock.now(), casBelow: 1 });
  }
}

const isIn = (one: Uint8Array, list: readonly Uint8Array[]): boolean =>
  list.some((other) => bytesEqual(one, other));

function certificatesOf(path: string): readonly Certificate[] {
  const found = parsePem(readBounded(path).bytes.toString('utf8'), 'CERTIFICATE').map(parseCertificate);
  if (found.length === 0) throw invalidArgument('there is no certificate in PEM');
  return found;
}

function told<T>(what: string, deed: () => T): T {
  try {
    return deed();
  } catch (cause) {
    throw refused(`${what}: ${messageOf(cause)}`, cause);
  }
}

const refused = (why: string, cause?: unknown): CodedError =>
  new CodedError(Code.failedPrecondition, `upstream CA cannot be used: ${why}`, { cause });
