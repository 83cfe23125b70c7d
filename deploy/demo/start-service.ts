/** How both demo services begin and end: an X509Source from the environment's socket, and an end with their parent. */
import { messageOf } from '../../shared/errors.ts';
import { SOCKET_VARIABLE, X509Source } from '../../shared/client/index.ts';
import { report } from './report.ts';

/** Runs `serve` with a source that has its first identity; ends the process when the parent is gone. */
export async function startService(serve: (source: X509Source) => Promise<void>): Promise<void> {
  process.on('disconnect', () => process.exit(0));
  process.on('SIGINT', () => {}); // the parent decides when we stop
  process.on('SIGTERM', () => process.exit(0));
  try {
    const address = process.env[SOCKET_VARIABLE] ?? '';
    const source = await X509Source.create({ address, signal: AbortSignal.timeout(60_000) });
    tellRotations(source);
    await serve(source);
  } catch (error) {
    report({ kind: 'failed', message: messageOf(error) });
    process.exitCode = 1;
    process.disconnect?.();
  }
}

/** Tells of the identity there is, and of every one that follows. */
function tellRotations(source: X509Source): void {
  let told = '';
  const tell = (): void => {
    try {
      const { svid } = source.identity();
      if (svid.serialNumber === told) return;
      told = svid.serialNumber;
      report({ kind: 'identity', spiffeId: svid.id.toString(), expiresAt: svid.expiresAt.toISOString() });
    } catch (error) {
      report({ kind: 'failed', message: messageOf(error) });
    }
  };
  tell();
  source.onUpdate(tell);
}
