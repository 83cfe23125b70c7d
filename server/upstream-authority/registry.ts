/** Which upstream authorities there are, by the name of their plugin block. Called by server.ts alone. */
import type { UpstreamAuthorityConfig } from '../config/upstream-authority-plugin.ts';
import { DiskUpstreamAuthority, type DiskUpstreamNeeds } from './disk.ts';
import type { UpstreamAuthority } from './upstream-authority.ts';

type UpstreamAuthorityKind = UpstreamAuthorityConfig['kind'];
type Factory = (config: UpstreamAuthorityConfig, needs: DiskUpstreamNeeds) => UpstreamAuthority;

const upstreamAuthorities: Readonly<Record<UpstreamAuthorityKind, Factory>> = {
  disk: (config, needs) => DiskUpstreamAuthority.open(config, needs),
};

/** Undefined where none is configured. Throws FailedPrecondition when it cannot sign. */
export function makeUpstreamAuthority(
  config: UpstreamAuthorityConfig | undefined,
  needs: DiskUpstreamNeeds,
): UpstreamAuthority | undefined {
  return config === undefined ? undefined : upstreamAuthorities[config.kind](config, needs);
}
