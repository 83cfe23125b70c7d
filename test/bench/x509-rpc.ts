/**
 * X.509-SVIDs through the whole RPC (BatchNewX509SVID over mTLS): how many a second of the server's CPU time gives, in
 * batches of 1, 10 and 500. The limit is what the runtime takes for one P-256 verify and one sign, as in `x509-issue`.
 */
import type { Report } from './report.ts';
import { bestRateOf, verifyAndSign } from './rig/bare-crypto.ts';
import { issueRates } from './rig/issue-rate.ts';

const BENCH = 'x509-rpc';

export async function run(report: Report): Promise<void> {
  const limit = await bestRateOf(verifyAndSign());
  const batches = [1, 10, 500].map((batch) => ({ kind: 'x509' as const, batch }));
  for (const { batch, perCore: value, perSecond } of await issueRates(batches)) {
    const metric = `per core, batches of ${batch}`;
    report.add({ bench: BENCH, metric, value, unit: '1/s', limit, ratio: value / limit });
    report.add({ bench: BENCH, metric: `all, batches of ${batch}`, value: perSecond, unit: '1/s' });
  }
}
