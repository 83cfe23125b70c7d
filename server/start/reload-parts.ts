/** What a running server takes over from a changed configuration. Used by cli/run, which reads it again on SIGHUP. */
import type { ReloadablePart } from '../../shared/config/reload.ts';
import type { LogThreshold } from '../../shared/log/log-level.ts';
import type { ServerConfig } from '../config.ts';
import type { Server } from '../server.ts';

export interface ReloadPartsNeeds {
  readonly threshold: LogThreshold;
  readonly server: Pick<Server, 'takeRoles'>;
}

export const reloadParts = ({
  threshold,
  server,
}: ReloadPartsNeeds): readonly ReloadablePart<ServerConfig>[] => [
  { key: 'server.log_level', take: async ({ logLevel }) => threshold.relaunch(logLevel) },
  { key: 'server.roles', take: async ({ roles }) => server.takeRoles(roles) },
];
