/** A demo service: calls the greeter every five seconds over mTLS, and talks to nobody but the greeter. */
import { request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { authorizeId, MtlsAgent, SpiffeId, type X509Source } from '../../shared/client/index.ts';
import { messageOf } from '../../shared/errors.ts';
import { report } from './report.ts';
import { startService } from './start-service.ts';

const EVERY_MS = 5_000;

/** Arguments: the greeter's port and SPIFFE ID. */
async function serve(source: X509Source): Promise<void> {
  const [port = '', greeter = ''] = process.argv.slice(2);
  const agent = new MtlsAgent({ source, authorize: authorizeId(SpiffeId.parse(greeter)) });
  for (;;) {
    try {
      const answer = await get(agent, Number(port));
      report({ kind: 'called', server: greeter, client: source.identity().svid.id.toString(), answer });
    } catch (error) {
      report({ kind: 'failed', message: messageOf(error) });
    }
    await delay(EVERY_MS);
  }
}

function get(agent: MtlsAgent, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ agent, host: '127.0.0.1', port, path: '/', timeout: 10_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
      response.once('error', reject);
    });
    call.once('timeout', () => call.destroy(new Error('no answer within 10 s')));
    call.once('error', reject);
    call.end();
  });
}

await startService(serve);
