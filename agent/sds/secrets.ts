/** Secrets as Envoy reads them, encoded: certificates with their keys, and whom to believe. Called by resources. */
import { hash } from 'node:crypto';
import type { Secret } from '../../proto/gen/envoy/extensions/transport_sockets/tls/v3/Secret.ts';
import type { Bundle } from '../../shared/bundle/bundle.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { messageType } from '../../shared/rpc/messages.ts';
import type { Identity } from '../cache/workload-identities.ts';
import type { Validation } from './validation.ts';

/** One secret on its way to Envoy. */
export interface Resource {
  readonly name: string;
  /** Another one for each content. */
  readonly version: string;
  /** The Secret, encoded. */
  readonly body: Buffer;
}

const SECRET_TYPE = 'envoy.extensions.transport_sockets.tls.v3.Secret';
const VALIDATOR_TYPE = 'envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig';

const typeUrlOf = (type: string): string => `type.googleapis.com/${type}`; // google.protobuf.Any

export const SECRET_TYPE_URL = typeUrlOf(SECRET_TYPE);

/** As answers carry it. */
export const anyOf = ({ body }: Resource): { type_url: string; value: Buffer } => ({
  type_url: SECRET_TYPE_URL,
  value: body,
});

/** Many streams get the same: it is made once for each identity or bundle, which are other objects when they change. */
const made = new WeakMap<object, Map<string, Resource>>();

function once(subject: object, key: string, make: () => Resource): Resource {
  const ofSubject = made.get(subject) ?? new Map<string, Resource>();
  made.set(subject, ofSubject);
  const resource = ofSubject.get(key) ?? make();
  ofSubject.set(key, resource);
  return resource;
}

/** An X.509-SVID with its key. */
export const certificateSecret = (name: string, identity: Identity): Resource =>
  once(identity, name, () =>
    resource({
      name,
      tls_certificate: {
        certificate_chain: { inline_bytes: pem('CERTIFICATE', identity.chain) },
        private_key: { inline_bytes: pem('PRIVATE KEY', [identity.privateKey]) },
      },
    }),
  );

/** One trust domain, under a name that is its ID or a configured one. */
export const bundleSecret = (name: string, bundle: Bundle, validation: Validation): Resource =>
  once(bundle, `${validation} ${name}`, () => contextOf(name, [trustIn(bundle)], validation));

/** Several trust domains: only the SPIFFE validator can tell them apart. Not made once: who federates with whom differs. */
export const bundlesSecret = (name: string, bundles: readonly Bundle[]): Resource =>
  contextOf(name, bundles.map(trustIn), 'spiffe');

/** In place of what Envoy holds of a trust domain that is no more; `nobody`: the DER of a CA that vouches for nobody. */
export const goneSecret = (trustDomain: string, nobody: Uint8Array, validation: Validation): Resource =>
  contextOf(
    `spiffe://${trustDomain}`,
    [{ trustDomain, authorities: pem('CERTIFICATE', [nobody]) }],
    validation,
  );

interface Trust {
  readonly trustDomain: string;
  /** PEM. */
  readonly authorities: Buffer;
}

const pems = new WeakMap<Bundle, Buffer>();

function trustIn(bundle: Bundle): Trust {
  const certificates = bundle.x509Authorities.map(({ certificate }) => certificate);
  const authorities = pems.get(bundle) ?? pem('CERTIFICATE', certificates);
  pems.set(bundle, authorities);
  return { trustDomain: bundle.trustDomain.name, authorities };
}

function contextOf(name: string, trusts: readonly Trust[], validation: Validation): Resource {
  const [first] = trusts;
  if (validation === 'plain' && first !== undefined)
    return resource({ name, validation_context: { trusted_ca: { inline_bytes: first.authorities } } });
  const config = messageType(VALIDATOR_TYPE).encode({
    trust_domains: trusts
      .map(({ trustDomain, authorities }) => ({
        name: trustDomain,
        trust_bundle: { inline_bytes: authorities },
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  });
  return resource({
    name,
    validation_context: {
      custom_validator_config: {
        name: 'envoy.tls.cert_validator.spiffe',
        typed_config: { type_url: typeUrlOf(VALIDATOR_TYPE), value: Buffer.from(config) },
      },
    },
  });
}

const pem = (label: string, ders: readonly Uint8Array[]): Buffer =>
  Buffer.from(ders.map((der) => formatPem(label, der)).join(''));

export const VERSION_CHARACTERS = 32; // 128 bits

function resource(secret: Secret & { readonly name: string }): Resource {
  const body = Buffer.from(messageType(SECRET_TYPE).encode(secret));
  return { name: secret.name, version: hash('sha256', body, 'hex').slice(0, VERSION_CHARACTERS), body };
}
