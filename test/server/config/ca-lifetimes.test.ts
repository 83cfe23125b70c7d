/** Lifetimes that the end of a CA can cut short: warned of by the rule that the CA itself goes by. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activationMarginMs } from '../../../server/ca/rotation.ts';
import { load } from './load-sketch.ts';

/** Default SVID TTL, agent TTL, CA TTL, in seconds, and the settings warned of. */
const ttls: readonly (readonly [number, number, number, readonly string[]])[] = [
  [3_600, 3_600, 86_400, []],
  [14_400, 14_400, 86_400, []],
  [14_401, 3_600, 86_400, ['default_x509_svid_ttl']],
  [3_600, 86_400, 86_400, ['agent_ttl']],
  [604_800, 604_800, 365 * 86_400, []],
  [604_801, 604_802, 365 * 86_400, ['default_x509_svid_ttl', 'agent_ttl']],
];
for (const [svidSeconds, agentSeconds, caSeconds, settings] of ttls) {
  test(`warns of ${settings.join(' and ') || 'nothing'} with TTLs ${svidSeconds}, ${agentSeconds}, ${caSeconds}`, () => {
    const { warnings } = load({
      server: `default_x509_svid_ttl = "${svidSeconds}s"\nagent_ttl = "${agentSeconds}s"\nca_ttl = "${caSeconds}s"`,
    });
    assert.deepEqual(
      warnings.map((warning) => /: "(\w+)" \(.*can be cut short/.exec(warning)?.[1]),
      settings,
    );
    const limitSeconds = activationMarginMs(caSeconds * 1_000) / 1_000;
    const isOver = {
      default_x509_svid_ttl: svidSeconds > limitSeconds,
      agent_ttl: agentSeconds > limitSeconds,
    };
    assert.deepEqual(
      Object.entries(isOver).flatMap(([setting, is]) => (is ? [setting] : [])),
      settings,
    );
  });
}
