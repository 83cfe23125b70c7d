/** A demo service on the port given as argument: greets whoever calls it over mTLS, by SPIFFE ID, and only members of its own trust domain. */
import {
  authorizeMemberOf,
  createMtlsHttpsServer,
  peerIdOf,
  type X509Source,
} from '../../shared/client/index.ts';
import { report } from './report.ts';
import { startService } from './start-service.ts';

async function serve(source: X509Source): Promise<void> {
  const { svid } = source.identity();
  const authorize = authorizeMemberOf(svid.id.trustDomain);
  const server = createMtlsHttpsServer({ source, authorize }, (request, response) => {
    response.end(`hello ${peerIdOf(request.socket)}`);
  });
  const port = Number(process.argv[2] ?? '0');
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  report({ kind: 'serving', spiffeId: svid.id.toString() });
}

await startService(serve);
