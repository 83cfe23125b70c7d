// From proto/envoy/extensions/transport_sockets/tls/v3/common.proto

import type { DataSource as _envoy_config_core_v3_DataSource, DataSourceOutput as _envoy_config_core_v3_DataSourceOutput } from '../../../../../envoy/config/core/v3/DataSource.ts';

export interface TlsCertificate {
  'certificate_chain'?: (_envoy_config_core_v3_DataSource | null);
  'private_key'?: (_envoy_config_core_v3_DataSource | null);
}

export interface TlsCertificateOutput {
  'certificate_chain': (_envoy_config_core_v3_DataSourceOutput | null);
  'private_key': (_envoy_config_core_v3_DataSourceOutput | null);
}
