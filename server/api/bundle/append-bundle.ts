/** Bundle/AppendBundle: adds authorities to the trust domain's own bundle; what is there already stays as it is. */
import type { AppendBundleRequestOutput } from '../../../proto/gen/spire/api/server/bundle/v1/AppendBundleRequest.ts';
import type { Bundle } from '../../../proto/gen/spire/api/types/Bundle.ts';
import { invalidArgument, messageOf } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { BUNDLE_MAX_BYTES } from '../../bundle/bundle-size.ts';
import type { BundleStore } from '../../bundle/bundle-store.ts';
import type { CallContext } from '../gate/context.ts';
import { bundleWriter } from '../wire/bundle.ts';
import { tokenAuthorityFromWire, x509AuthoritiesFromWire } from '../wire/bundle-from-wire.ts';
import { doing } from '../wire/status.ts';

export interface AppendBundleNeeds {
  readonly trustDomain: TrustDomain;
  readonly bundles: Pick<BundleStore, 'append'>;
}

export const appendBundle = ({ trustDomain, bundles }: AppendBundleNeeds): Handler<CallContext> =>
  unary(async (request: AppendBundleRequestOutput): Promise<Bundle> => {
    const authorities = authoritiesOf(request);
    const appended = bundles.append(trustDomain, authorities, BUNDLE_MAX_BYTES);
    return bundleWriter(request.output_mask)(await doing('failed to append bundle', appended));
  });

function authoritiesOf(request: AppendBundleRequestOutput) {
  const { x509_authorities: x509, jwt_authorities: jwt, wit_authorities: wit } = request;
  if (x509.length + jwt.length + wit.length === 0) throw invalidArgument('no authorities to append');
  return {
    jwt: converting('JWT', () => jwt.map(tokenAuthorityFromWire)),
    wit: converting('WIT', () => wit.map(tokenAuthorityFromWire)),
    x509: converting('X.509', () => x509AuthoritiesFromWire(x509)),
  };
}

function converting<T>(name: string, convert: () => T): T {
  try {
    return convert();
  } catch (cause) {
    throw invalidArgument(`failed to convert ${name} authority: ${messageOf(cause)}`, { cause });
  }
}
