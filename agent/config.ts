/** The agent's configuration: what `run` and `validate` load, parsed once and split so that each part gets its own. */
import { overridesOf } from '../shared/config/flags.ts';
import { type HealthChecksConfig, healthChecksShape } from '../shared/config/health-checks.ts';
import { type ConfigText, type Loaded, loadShape } from '../shared/config/load.ts';
import type { Shape } from '../shared/config/shape.ts';
import { type TelemetryConfig, telemetryShape } from '../shared/config/telemetry.ts';
import { type AgentFields, agentFields } from './config/agent-fields.ts';
import { type AgentFlags, agentFlags } from './config/agent-flags.ts';
import { type AgentPlugins, agentPlugins } from './config/plugins.ts';

export interface AgentConfig extends AgentFields, AgentPlugins {
  readonly telemetry: TelemetryConfig;
  readonly healthChecks: HealthChecksConfig;
}

/** The whole file, as the loader and the reference page read it. */
export const agentShape: Shape<AgentConfig> = (file) => {
  const agent = file.block('agent', 'the agent itself', agentFields);
  const plugins = file.block('plugins', 'the parts that can be chosen', agentPlugins);
  return {
    ...agent,
    ...plugins,
    telemetry: file.block('telemetry', 'metrics', telemetryShape),
    healthChecks: file.block('health_checks', 'liveness and readiness over HTTP', healthChecksShape),
  };
};

/** Throws ConfigFaults with every fault of the file and the flags, each with its place. */
export function loadAgentConfig(input: ConfigText & { readonly flags?: AgentFlags }): Loaded<AgentConfig> {
  const overrides = overridesOf(agentFlags, input.flags ?? {});
  return loadShape(input, { shape: agentShape, section: 'agent', overrides });
}
