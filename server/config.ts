/** The server's configuration: what `run` and `validate` load, parsed once and split so that each part gets its own. */
import { join } from 'node:path';
import { overridesOf } from '../shared/config/flags.ts';
import { type HealthChecksConfig, healthChecksShape } from '../shared/config/health-checks.ts';
import { type ConfigText, type Loaded, loadShape } from '../shared/config/load.ts';
import type { Shape } from '../shared/config/shape.ts';
import { type TelemetryConfig, telemetryShape } from '../shared/config/telemetry.ts';
import type { DataStoreConfig } from './config/datastore-plugin.ts';
import type { KeyManagerConfig } from './config/key-manager-plugin.ts';
import type { CredentialComposerName } from './config/credential-composer-plugin.ts';
import type { NodeAttestorConfig } from './config/node-attestor-plugin.ts';
import { serverPlugins } from './config/plugins.ts';
import { type ServerFlags, serverFlags } from './config/server-flags.ts';
import { type ServerFields, serverFields } from './config/server-fields.ts';
import type { UpstreamAuthorityConfig } from './config/upstream-authority-plugin.ts';

export interface ServerConfig extends ServerFields {
  readonly datastore: DataStoreConfig;
  readonly keyManager: KeyManagerConfig;
  /** Undefined: our CA certificates are self-signed. */
  readonly upstreamAuthority: UpstreamAuthorityConfig | undefined;
  readonly credentialComposers: readonly CredentialComposerName[];
  readonly nodeAttestors: readonly NodeAttestorConfig[];
  readonly telemetry: TelemetryConfig;
  readonly healthChecks: HealthChecksConfig;
}

/** The whole file, as the loader and the reference page read it. */
export const serverShape: Shape<ServerConfig> = (file) => {
  const server = file.block('server', 'the server itself', serverFields);
  const { datastore, ...plugins } = file.block('plugins', 'the parts that can be chosen', serverPlugins);
  return {
    ...server,
    ...plugins,
    datastore:
      datastore.kind === 'managed'
        ? { kind: 'managed', directory: join(server.dataDir, 'postgres') }
        : datastore,
    telemetry: file.block('telemetry', 'metrics', telemetryShape),
    healthChecks: file.block('health_checks', 'liveness and readiness over HTTP', healthChecksShape),
  };
};

/** Throws ConfigFaults with every fault of the file and the flags, each with its place. */
export function loadServerConfig(input: ConfigText & { readonly flags?: ServerFlags }): Loaded<ServerConfig> {
  const overrides = overridesOf(serverFlags, input.flags ?? {});
  return loadShape(input, { shape: serverShape, section: 'server', overrides });
}
