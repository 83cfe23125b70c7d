/**
 * One change of the bundle, told to 5,000 open streams of FetchX509SVID, each on a connection of its own: when the last one
 * has it, counted from the server's command on, and how long the agent's event loop is blocked meanwhile.
 */
import type { Report } from './report.ts';
import { withSystem } from './rig/with-system.ts';
import { measureFanOut } from './streams/open-streams.ts';

export const run = (report: Report): Promise<void> =>
  withSystem({ logLevel: 'WARN' }, async (system) => {
    await system.register({
      spiffeId: system.idOf('/service'),
      selectors: [`unix:path:${process.execPath}`],
    });
    await system.identities();
    await measureFanOut(report, system, async () => {
      await system.serverCli('localauthority', 'x509', 'prepare'); // one more authority in the bundle
    });
  });
