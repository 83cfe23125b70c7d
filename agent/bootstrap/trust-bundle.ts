/** What makes the agent believe its server before, and until, it holds the bundle itself. Called by start/enrol. */
import { readFileSync, statSync } from 'node:fs';
import { parseBundleJson } from '../../shared/bundle/bundle-json.ts';
import { parseCertificate } from '../../shared/crypto/certificate.ts';
import { parsePem } from '../../shared/crypto/pem.ts';
import { assertNever, Code, CodedError, messageOf } from '../../shared/errors.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';

export type ServerTrust =
  /** DER of the authorities that may vouch for the server. */
  | { readonly kind: 'authorities'; readonly authorities: readonly Uint8Array[] }
  /** Whoever says that it is the server. */
  | { readonly kind: 'anyone' };

/** What agent.conf says of the first start. */
export type BootstrapSource =
  | { readonly kind: 'bundle-file'; readonly path: string; readonly format: 'pem' | 'spiffe' }
  | { readonly kind: 'insecure' }
  | { readonly kind: 'stored-only' };

export interface FindServerTrust {
  /** The bundle of an earlier run, DER; where there is one, it alone counts. */
  readonly stored: readonly Uint8Array[];
  readonly config: BootstrapSource;
  readonly trustDomain: TrustDomain;
}

const FILE_MAX_BYTES = 8 * 1_024 * 1_024; // a bundle of some thousand authorities

/** Throws FailedPrecondition, with what to do, when there is nothing to trust a server by. */
export function findServerTrust({ stored, config, trustDomain }: FindServerTrust): ServerTrust {
  if (stored.length > 0) return { kind: 'authorities', authorities: stored };
  switch (config.kind) {
    case 'bundle-file':
      return { kind: 'authorities', authorities: readBundleFile(config, trustDomain) };
    case 'insecure':
      return { kind: 'anyone' };
    case 'stored-only':
      throw refusal(
        'agent holds no bundle to know its server by: give trust_bundle_path (from `server bundle show`), or insecure_bootstrap for a trial',
      );
    default:
      return assertNever(config);
  }
}

const HOW_TO_GET = "'server bundle show' prints the one of its server";

type BundleFile = Extract<BootstrapSource, { kind: 'bundle-file' }>;

function readBundleFile({ path, format }: BundleFile, trustDomain: TrustDomain): readonly Uint8Array[] {
  let authorities: readonly Uint8Array[];
  try {
    authorities = format === 'pem' ? readPem(readText(path)) : readSpiffe(readText(path), trustDomain);
  } catch (cause) {
    throw refusal(`trust bundle ${path}: ${messageOf(cause)}; ${HOW_TO_GET}`, cause);
  }
  if (authorities.length === 0) throw refusal(`trust bundle ${path} holds no X.509 authority; ${HOW_TO_GET}`);
  return authorities;
}

function readText(path: string): string {
  if (statSync(path).size > FILE_MAX_BYTES) throw refusal(`it is longer than ${FILE_MAX_BYTES} bytes`);
  return readFileSync(path, 'utf8');
}

const readPem = (text: string): readonly Uint8Array[] => {
  const authorities = parsePem(text, 'CERTIFICATE', { foreign: 'refuse' });
  for (const authority of authorities) parseCertificate(authority);
  return authorities;
};

const readSpiffe = (text: string, trustDomain: TrustDomain): readonly Uint8Array[] =>
  parseBundleJson(text, trustDomain).x509Authorities.map(({ certificate }) => certificate);

const refusal = (message: string, cause?: unknown): CodedError =>
  new CodedError(Code.failedPrecondition, message, cause === undefined ? {} : { cause });
