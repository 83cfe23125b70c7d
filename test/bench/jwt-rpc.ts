/**
 * JWT-SVIDs through the whole RPC (NewJWTSVID over mTLS), one in a call: how many a second of the server's CPU time gives.
 * The limit is what the runtime takes for one P-256 sign.
 */
import type { Report } from './report.ts';
import { bestRateOf, signAlone } from './rig/bare-crypto.ts';
import { issueRates } from './rig/issue-rate.ts';

const BENCH = 'jwt-rpc';

export async function run(report: Report): Promise<void> {
  const limit = await bestRateOf(signAlone());
  for (const { perCore: value, perSecond } of await issueRates([{ kind: 'jwt', batch: 1 }])) {
    report.add({ bench: BENCH, metric: 'per core', value, unit: '1/s', limit, ratio: value / limit });
    report.add({ bench: BENCH, metric: 'all', value: perSecond, unit: '1/s' });
  }
}
