/**
 * What the server reports of itself over HTTP (`health_checks {}`): SPIRE's four checks, under its names. Listed in
 * server.ts.
 */
import type { BundleDefinition } from '../../proto/gen/spire/api/server/bundle/v1/Bundle.ts';
import type { Clock } from '../../shared/clock.ts';
import { generateKeyPair, keySigner } from '../../shared/crypto/keys.ts';
import { messageOf } from '../../shared/errors.ts';
import { fails, type HealthCheck, HealthChecks, WORKS } from '../../shared/health/checks.ts';
import { HealthListener } from '../../shared/health/http.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { unixChannel } from '../../shared/rpc/channel.ts';
import { ServiceClient } from '../../shared/rpc/client.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { Part } from '../../shared/tasks.ts';
import type { Authority } from '../ca/authorities.ts';
import type { AuthorityState } from '../ca/rotating-authorities.ts';
import { activationMarginMs } from '../ca/rotation.ts';
import type { X509Ca } from '../ca/x509-ca.ts';
import type { ServerConfig } from '../config.ts';

export interface OwnHealthNeeds {
  readonly config: Pick<ServerConfig, 'healthChecks' | 'socketPath' | 'trustDomain'>;
  readonly ca: Pick<X509Ca, 'signServerSvid'>;
  /** Of every kind that this server signs with. */
  readonly authorities: readonly { state(): AuthorityState<Authority> }[];
  /** Throws unless the database answers and can be written to. */
  readonly checkDatabase: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Nothing where the listener is not enabled. */
export function healthParts(needs: OwnHealthNeeds): readonly Part[] {
  const { config, clock, log } = needs;
  if (!config.healthChecks.listenerEnabled) return [];
  const checks = new HealthChecks(healthChecks(needs), { clock, log });
  return [checks, new HealthListener({ config: config.healthChecks, checks, log })];
}

/** Keys of the details are SPIRE's. */
export const healthChecks = (needs: OwnHealthNeeds): readonly HealthCheck[] => [
  check('server', 'get_bundle_err', (signal) => askForBundle(needs, signal)),
  check('server.ca', 'sign_x509_svid_err', () => trySigning(needs)),
  check('server.ca.rotator', 'rotation_err', async () => checkRotation(needs)),
  stayingLive(check('catalog.datastore', 'list_bundle_err', () => needs.checkDatabase())),
];

const check = (name: string, key: string, deed: (signal: AbortSignal) => Promise<void>): HealthCheck => ({
  name,
  check: (signal) =>
    deed(signal).then(
      () => WORKS,
      (error: unknown) => fails(key, messageOf(error)),
    ),
});

/** DIVERGES: SPIRE is not live either, and so is killed and started again, which brings no database back. */
const stayingLive = (inner: HealthCheck): HealthCheck => ({
  name: inner.name,
  check: async (signal) => ({ ...(await inner.check(signal)), isLive: true }),
});

/** As a client on the admin socket would. */
async function askForBundle({ config }: OwnHealthNeeds, signal: AbortSignal): Promise<void> {
  const channel = unixChannel(config.socketPath);
  try {
    const client = new ServiceClient<BundleDefinition>('spire.api.server.bundle.v1.Bundle', channel);
    await client.unary('GetBundle', {}, { signal });
  } finally {
    channel.close();
  }
}

async function trySigning({ ca, config }: OwnHealthNeeds): Promise<void> {
  const { privateKey } = await generateKeyPair('ec-p256');
  await ca.signServerSvid({
    publicKey: keySigner(privateKey).publicKey,
    spiffeId: SpiffeId.of(config.trustDomain, '/for/health/check/only'),
    dnsNames: [],
    ttlSeconds: 0,
  });
}

/** Throws where an authority should have been replaced long ago: two thirds of the time for it are over. */
function checkRotation({ authorities, clock }: OwnHealthNeeds): void {
  for (const { active } of authorities.map((one) => one.state())) {
    const marginMs = activationMarginMs(active.expiresAt.getTime() - active.issuedAt.getTime());
    if (active.expiresAt.getTime() - clock.now().getTime() < marginMs / 3)
      throw new Error(`authority ends at ${active.expiresAt.toISOString()} and was not replaced`);
  }
}
