// From proto/envoy/extensions/transport_sockets/tls/v3/common.proto

import type { DataSource as _envoy_config_core_v3_DataSource, DataSourceOutput as _envoy_config_core_v3_DataSourceOutput } from '../../../../../envoy/config/core/v3/DataSource.ts';
import type { TypedExtensionConfig as _envoy_config_core_v3_TypedExtensionConfig, TypedExtensionConfigOutput as _envoy_config_core_v3_TypedExtensionConfigOutput } from '../../../../../envoy/config/core/v3/TypedExtensionConfig.ts';

export interface CertificateValidationContext {
  'trusted_ca'?: (_envoy_config_core_v3_DataSource | null);
  'custom_validator_config'?: (_envoy_config_core_v3_TypedExtensionConfig | null);
}

export interface CertificateValidationContextOutput {
  'trusted_ca': (_envoy_config_core_v3_DataSourceOutput | null);
  'custom_validator_config': (_envoy_config_core_v3_TypedExtensionConfigOutput | null);
}
