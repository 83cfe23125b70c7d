/** What the agent reports of itself over HTTP (`health_checks {}`), from the moment it starts. Listed in agent.ts. */
import type { Clock } from '../../shared/clock.ts';
import { type HealthCheck, HealthChecks } from '../../shared/health/checks.ts';
import { HealthListener } from '../../shared/health/http.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Part } from '../../shared/tasks.ts';
import type { AgentConfig } from '../config.ts';
import { ownHealth } from '../workload-api/own-health.ts';

export interface AgentHealthNeeds {
  readonly config: Pick<AgentConfig, 'healthChecks' | 'socketPath'>;
  /** Whether its sockets are open: before that it is live, and not ready (SPIRE: Started). */
  readonly isServing: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Nothing where the listener is not enabled. */
export function agentHealth({ config, isServing, clock, log }: AgentHealthNeeds): readonly Part[] {
  if (!config.healthChecks.listenerEnabled) return [];
  const own = ownHealth(config.socketPath);
  const check: HealthCheck = {
    name: own.name,
    check: async (signal) =>
      isServing() ? own.check(signal) : { isLive: true, isReady: false, details: {} },
  };
  const checks = new HealthChecks([check], { clock, log });
  return [checks, new HealthListener({ config: config.healthChecks, checks, log })];
}
