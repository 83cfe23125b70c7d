/** An xDS client on a real socket, and what it finds in the answers. Used by the tests of SDS. */
import type { Node } from '../../../proto/gen/envoy/config/core/v3/Node.ts';
import type { CertificateValidationContextOutput } from '../../../proto/gen/envoy/extensions/transport_sockets/tls/v3/CertificateValidationContext.ts';
import type { SecretOutput } from '../../../proto/gen/envoy/extensions/transport_sockets/tls/v3/Secret.ts';
import type { SPIFFECertValidatorConfigOutput } from '../../../proto/gen/envoy/extensions/transport_sockets/tls/v3/SPIFFECertValidatorConfig.ts';
import type { DeltaDiscoveryRequest } from '../../../proto/gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.ts';
import type { DeltaDiscoveryResponseOutput } from '../../../proto/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.ts';
import type { DiscoveryRequest } from '../../../proto/gen/envoy/service/discovery/v3/DiscoveryRequest.ts';
import type { DiscoveryResponseOutput } from '../../../proto/gen/envoy/service/discovery/v3/DiscoveryResponse.ts';
import type { SecretDiscoveryServiceDefinition } from '../../../proto/gen/envoy/service/secret/v3/SecretDiscoveryService.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { ServiceClient } from '../../../shared/rpc/client.ts';
import { messageType } from '../../../shared/rpc/messages.ts';
import type { Door } from '../workload-api/door.ts';

export const SERVICE = 'envoy.service.secret.v3.SecretDiscoveryService';
export const SECRET_URL = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';

export const PLAIN_NODE: Node = {
  metadata: messageType('google.protobuf.Struct').encode({
    fields: { disable_spiffe_cert_validation: { boolValue: true } },
  }),
};

export const pem = (...ders: readonly string[]): string =>
  ders.map((der) => formatPem('CERTIFICATE', Buffer.from(der))).join('');

export const sdsClient = (door: Door): ServiceClient<SecretDiscoveryServiceDefinition> =>
  new ServiceClient(SERVICE, door.channel());

/** One StreamSecrets. */
export function openStream(door: Door) {
  const call = sdsClient(door).bidi('StreamSecrets');
  const ask = (names: readonly string[], request: DiscoveryRequest = {}): void =>
    call.send({ resource_names: [...names], type_url: SECRET_URL, ...request });
  const next = async (): Promise<DiscoveryResponseOutput> => {
    const { value, done } = await call.responses.next();
    if (done === true) throw new Error('the stream ended with OK');
    return value;
  };
  const acknowledge = (
    names: readonly string[],
    { version_info, nonce }: DiscoveryResponseOutput,
    request: DiscoveryRequest = {},
  ): void => ask(names, { version_info, response_nonce: nonce, ...request });
  return { ask, next, acknowledge, cancel: () => call.cancel() };
}

/** One DeltaSecrets. */
export function openDelta(door: Door) {
  const call = sdsClient(door).bidi('DeltaSecrets');
  return {
    ask: (request: DeltaDiscoveryRequest): void => call.send({ type_url: SECRET_URL, ...request }),
    next: async (): Promise<DeltaDiscoveryResponseOutput> => {
      const { value, done } = await call.responses.next();
      if (done === true) throw new Error('the stream ended with OK');
      return value;
    },
  };
}

/** Secrets by name, and the names of those that are no more. */
export function changesIn({ resources, removed_resources: removed }: DeltaDiscoveryResponseOutput) {
  const secrets = secretsIn({ resources: resources.flatMap(({ resource }) => resource ?? []) });
  for (const [at, name] of Object.keys(secrets).entries())
    if (name !== resources[at]?.name) throw new Error(`${name} goes by the name of ${resources[at]?.name}`);
  return { secrets, removed };
}

const VALIDATOR = 'envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig';
const textOf = (source: { inline_bytes?: Uint8Array } | null | undefined): string =>
  Buffer.from(source?.inline_bytes ?? '').toString();

/** Secrets by name: the PEM of certificate and key, of the CAs, or of each trust domain's CAs. */
export const secretsIn = ({
  resources,
}: Pick<DiscoveryResponseOutput, 'resources'>): Readonly<Record<string, object>> =>
  Object.fromEntries(
    resources.map((any) => {
      const { value } = any as unknown as { value: Buffer };
      const secret = messageType(SECRET_URL.split('/')[1] ?? '').decode(value) as SecretOutput;
      return [secret.name, contentOf(secret)];
    }),
  );

function contentOf({ tls_certificate: certificate, validation_context: context }: SecretOutput): object {
  if (certificate != null)
    return { chain: textOf(certificate.certificate_chain), key: textOf(certificate.private_key) };
  return context?.trusted_ca == null ? trustIn(context) : { trustedCa: textOf(context.trusted_ca) };
}

function trustIn(context: CertificateValidationContextOutput | null | undefined): object {
  const { name, typed_config: any } = context?.custom_validator_config ?? {};
  const { type_url: type, value } = any as unknown as { type_url: string; value: Buffer };
  if (name !== 'envoy.tls.cert_validator.spiffe' || type !== `type.googleapis.com/${VALIDATOR}`)
    throw new Error(`another validator: ${name}`);
  const config = messageType(VALIDATOR).decode(value) as SPIFFECertValidatorConfigOutput;
  return Object.fromEntries(
    config.trust_domains.map(({ name: trustDomain, trust_bundle: bundle }) => [trustDomain, textOf(bundle)]),
  );
}

export const namesIn = (response: DiscoveryResponseOutput): readonly string[] =>
  Object.keys(secretsIn(response));
