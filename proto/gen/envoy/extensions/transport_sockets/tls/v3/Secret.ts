// From proto/envoy/extensions/transport_sockets/tls/v3/secret.proto

import type { TlsCertificate as _envoy_extensions_transport_sockets_tls_v3_TlsCertificate, TlsCertificateOutput as _envoy_extensions_transport_sockets_tls_v3_TlsCertificateOutput } from '../../../../../envoy/extensions/transport_sockets/tls/v3/TlsCertificate.ts';
import type { CertificateValidationContext as _envoy_extensions_transport_sockets_tls_v3_CertificateValidationContext, CertificateValidationContextOutput as _envoy_extensions_transport_sockets_tls_v3_CertificateValidationContextOutput } from '../../../../../envoy/extensions/transport_sockets/tls/v3/CertificateValidationContext.ts';

export interface Secret {
  'name'?: (string);
  'tls_certificate'?: (_envoy_extensions_transport_sockets_tls_v3_TlsCertificate | null);
  'validation_context'?: (_envoy_extensions_transport_sockets_tls_v3_CertificateValidationContext | null);
  'type'?: "tls_certificate"|"validation_context";
}

export interface SecretOutput {
  'name': (string);
  'tls_certificate'?: (_envoy_extensions_transport_sockets_tls_v3_TlsCertificateOutput | null);
  'validation_context'?: (_envoy_extensions_transport_sockets_tls_v3_CertificateValidationContextOutput | null);
  'type'?: "tls_certificate"|"validation_context";
}
