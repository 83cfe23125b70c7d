/** What the kubelet is called with: CAs, token, certificate, read from their files now and then. Used by kubelet-client. */
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Clock } from '../../../shared/clock.ts';
import { CodedError, invalidArgument, messageOf } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log/logger.ts';
import { parsePem } from '../../../shared/crypto/pem.ts';
import type { KubeletConfig, KubeletLogin } from '../../config/k8s-attestor-fields.ts';

export interface KubeletAccess {
  /** CAs, and the certificate and key to log in with. */
  readonly tls: Pick<SecureContextOptions, 'ca' | 'cert' | 'key'>;
  /** Undefined: none is shown. */
  readonly token: string | undefined;
}

type SecureKubelet = Extract<KubeletConfig, { kind: 'secure' }>;

const FILE_MAX_BYTES = 1024 * 1024;
const TOKEN = /^[\x21-\x7e]+$/; // what fits into a header (RFC 6750 2.1)

export class KubeletAccessFiles {
  readonly #config: SecureKubelet;
  readonly #clock: Clock;
  readonly #log: Logger;
  #read: KubeletAccess | undefined;
  #readAtMs = 0;

  constructor(config: SecureKubelet, { clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * So that what is wrong is in the log from the start.
   * DIVERGES: SPIRE's agent does not start where these files cannot be read. Ours serves who needs no Kubernetes meanwhile.
   */
  readAhead(): void {
    try {
      this.current();
    } catch (error) {
      this.#log.error('the kubelet cannot be called', { error: messageOf(error) });
    }
  }

  /** What was read last goes on where it cannot be read again; throws InvalidArgument where it never could. */
  current(): KubeletAccess {
    const nowMs = this.#clock.monotonicMs();
    const read = this.#read;
    if (read !== undefined && nowMs - this.#readAtMs < this.#config.reloadIntervalMs) return read;
    this.#readAtMs = nowMs;
    try {
      this.#read = readAccess(this.#config);
    } catch (error) {
      if (read === undefined) throw error;
      this.#log.warn('what the kubelet is called with cannot be read again', { error: messageOf(error) });
      return read;
    }
    return this.#read;
  }

  /** The kubelet refused it: the next call reads the files anew. */
  refused(): void {
    this.#readAtMs = Number.NEGATIVE_INFINITY;
  }
}

const readAccess = ({ caPath, login }: SecureKubelet): KubeletAccess => ({
  tls: {
    ...(caPath === undefined ? {} : { ca: readCas(caPath) }),
    ...(login.kind === 'certificate' ? readKeyPair(login) : {}),
  },
  token: login.kind === 'token' ? readToken(login.path) : undefined,
});

function readCas(path: string): Buffer {
  const pem = readBytes(path, 'kubelet CA');
  if (parsePem(pem.toString('latin1'), 'CERTIFICATE').length === 0)
    throw invalidArgument(`unable to parse kubelet CA: there is no certificate in ${path}`);
  return pem;
}

function readKeyPair({ certificatePath, keyPath }: Extract<KubeletLogin, { kind: 'certificate' }>) {
  const pair = { cert: readBytes(certificatePath, 'certificate'), key: readBytes(keyPath, 'private key') };
  try {
    createSecureContext(pair);
  } catch (error) {
    throw invalidArgument(`unable to load keypair: ${messageOf(error)}`, { cause: error });
  }
  return pair;
}

function readToken(path: string): string {
  const token = readBytes(path, 'token').toString('latin1').trim();
  if (!TOKEN.test(token)) throw invalidArgument(`unable to load token: what is in ${path} is no token`);
  return token;
}

/** Throws InvalidArgument in SPIRE's words, without anything of what is in the file. */
function readBytes(path: string, what: string): Buffer {
  try {
    const { size } = statSync(path);
    if (size > FILE_MAX_BYTES) throw invalidArgument(`${path} is longer than ${FILE_MAX_BYTES} bytes`);
    return readFileSync(path);
  } catch (error) {
    const why = error instanceof CodedError ? error.message : `${path} cannot be read: ${messageOf(error)}`;
    throw invalidArgument(`unable to load ${what}: ${why}`, { cause: error });
  }
}
