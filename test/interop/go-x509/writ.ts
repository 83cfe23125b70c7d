/** Our own verdicts on a case, by path validation alone and by the rules of SVIDs; and why a path that Go takes is refused. */
import { parseCertificate } from '../../../shared/crypto/certificate.ts';
import { verifyChain } from '../../../shared/crypto/chain.ts';
import { CodedError } from '../../../shared/errors.ts';
import { verifyX509Svid } from '../../../shared/svid/x509-svid.ts';
import type { Case } from './build.ts';
import { TRUST_DOMAIN } from './draft.ts';

/** What there is against a case; empty where it is accepted. Throws when a verifier fails in any other way than by refusing. */
export type Ask = (each: Case) => string;

export const askChain: Ask = ({ chain, roots, at, purposes }) =>
  withRoots(roots, (readable) =>
    verifyChain({
      chain: chain.map(parseCertificate),
      roots: readable.map(parseCertificate),
      at,
      ...(purposes.length === 0 ? {} : { purposes }),
    }),
  );

export const askSvid: Ask = ({ chain, roots, at }) =>
  withRoots(roots, () => {
    const authorities = ({ name }: { readonly name: string }) => (name === TRUST_DOMAIN ? roots : undefined);
    return verifyX509Svid({ chain, authorities, at });
  });

/** As both verifiers are used: a root that cannot be read vouches for nothing. What is wrong with it tells more than that no root was found. */
function withRoots(
  roots: readonly Uint8Array[],
  verify: (readable: readonly Uint8Array[]) => unknown,
): string {
  const faults = new Map(roots.map((root) => [root, refusalOf(() => parseCertificate(root))]));
  const refusal = refusalOf(() => verify(roots.filter((root) => faults.get(root) === '')));
  const fault = [...faults.values()].find((each) => each !== '');
  return /there are no roots|by none of the roots/.test(refusal) ? (fault ?? refusal) : refusal;
}

/**
 * Why a case is refused that Go accepts: what is wrong with the path that Go takes, alone; what is wrong with the rest
 * where nothing is wrong with that path.
 */
export function whyNot(ask: Ask, each: Case, paths: readonly (readonly string[])[]): string {
  const refusals = paths.map((path) => {
    const certificates = path.map((text) => Buffer.from(text, 'base64'));
    const chain = certificates.length === 1 ? certificates : certificates.slice(0, -1);
    return ask({ ...each, chain, roots: certificates.slice(-1) });
  });
  return refusals.includes('') ? ask(each) : (refusals[0] ?? ask(each));
}

function refusalOf(deed: () => unknown): string {
  try {
    deed();
    return '';
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return error.message;
  }
}
