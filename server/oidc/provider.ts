/** The OIDC discovery provider, put together: its parts, and the order in which they start. Called by server/cli/oidc. */
import type { Clock } from '../../shared/clock.ts';
import { HealthListener } from '../../shared/health/http.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { type Part, Running } from '../../shared/tasks.ts';
import type { OidcConfig } from './config.ts';
import type { Endpoint } from './endpoints/answer.ts';
import { keys } from './endpoints/keys.ts';
import { openidConfiguration } from './endpoints/openid-configuration.ts';
import { KeyPoll } from './key-poll.ts';
import { makeKeySource } from './key-source/registry.ts';
import { OidcListener } from './listen/listen.ts';
import { respond } from './listen/respond.ts';
import { Probes } from './probes.ts';

export interface OidcProviderNeeds {
  readonly config: OidcConfig;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface OidcProvider {
  /** The port of its documents, 0 on a Unix socket. Throws CodedError, fit for the operator to read. */
  start(): Promise<{ readonly port: number }>;
  /** Never throws. */
  stop(): Promise<void>;
}

export function createOidcProvider(needs: OidcProviderNeeds): OidcProvider {
  const running = new Running();
  const { log } = needs;
  return {
    start: async () => {
      const { parts, listener } = compose(needs);
      await running.start(parts);
      return { port: listener.port };
    },
    stop: async () => {
      for (const failure of await running.stop()) log.warn('a part did not stop cleanly', { failure });
    },
  };
}

function compose({ config, clock, log }: OidcProviderNeeds) {
  const { document, source } = config;
  const poll = new KeyPoll({
    source: makeKeySource(source),
    intervalSeconds: source.pollIntervalSeconds,
    clock,
    log,
  });
  const endpoints = new Map<string, Endpoint>([
    [
      `${document.pathPrefix}/.well-known/openid-configuration`,
      openidConfiguration({ ...document, allowInsecureScheme: config.allowInsecureScheme }),
    ],
    [`${document.pathPrefix}/keys`, keys({ keys: poll, setKeyUse: document.setKeyUse, clock })],
  ]);
  const answer = respond({ endpoints, logsRequests: config.logRequests, log });
  const listener = new OidcListener({ config: config.listen, respond: answer, clock, log });
  const parts: readonly Part[] = [poll, listener, ...probeParts({ config, clock, log }, poll)];
  return { parts, listener };
}

function probeParts({ config, clock, log }: OidcProviderNeeds, poll: KeyPoll): readonly Part[] {
  const { probes, source } = config;
  if (probes === undefined) return [];
  const checks = new Probes({ keys: poll, pollIntervalSeconds: source.pollIntervalSeconds, clock });
  return [new HealthListener({ config: { ...probes, bindAddress: 'localhost' }, checks, log })];
}
