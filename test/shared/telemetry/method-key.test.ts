import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodKey } from '../../../shared/telemetry/method-key.ts';

// As SPIRE 1.13 names them: doc/telemetry, and dashboards that read them.
const KEYS = {
  '/spire.api.server.agent.v1.Agent/AttestAgent': 'rpc.agent.v1.agent.attest_agent',
  '/spire.api.server.svid.v1.SVID/BatchNewX509SVID': 'rpc.svid.v1.svid.batch_new_x509svid',
  '/spire.api.server.svid.v1.SVID/NewDownstreamX509CA': 'rpc.svid.v1.svid.new_downstream_x509ca',
  '/spire.api.server.entry.v1.Entry/SyncAuthorizedEntries': 'rpc.entry.v1.entry.sync_authorized_entries',
  '/spire.api.server.localauthority.v1.LocalAuthority/GetJWTAuthorityState':
    'rpc.localauthority.v1.local_authority.get_jwt_authority_state',
  '/spire.api.server.logger.v1.Logger/GetLogger': 'rpc.logger.get_logger',
  '/SpiffeWorkloadAPI/FetchX509SVID': 'rpc.workload_api.fetch_x509svid',
  '/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets': 'rpc.sds.v3.stream_secrets',
  '/spire.api.agent.delegatedidentity.v1.DelegatedIdentity/SubscribeToX509SVIDs':
    'rpc.delegated_identity.subscribe_to_x509_svids',
  '/spire.api.agent.logger.v1.Logger/SetLogLevel': 'rpc.spire.api.agent.logger.set_log_level',
  '/spire.agent.debug.v1.Debug/GetInfo': 'rpc.spire.agent.debug.v1.debug.get_info',
  '/grpc.health.v1.Health/Check': 'rpc.health.check',
  '/writ.sync.v1.Sync/Watch': 'rpc.writ.sync.v1.sync.watch',
};

for (const [method, key] of Object.entries(KEYS))
  test(`${method} is counted as ${key}`, () => assert.equal(methodKey(method), key));
