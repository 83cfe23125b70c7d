/** The provider's door, opened for a test on any port, with one endpoint that says whom it greets. */
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { TestContext } from 'node:test';
import type { ListenConfig } from '../../../../server/oidc/config/listen-fields.ts';
import { type Endpoint, plainAnswer } from '../../../../server/oidc/endpoints/answer.ts';
import { OidcListener } from '../../../../server/oidc/listen/listen.ts';
import { respond } from '../../../../server/oidc/listen/respond.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeLog } from '../../../fakes/log.ts';

export const HTTP: ListenConfig = { kind: 'http', address: { host: '127.0.0.1', port: 0 } };
const hello: Endpoint = ({ host, isSecure }) =>
  plainAnswer(200, `hello ${host?.domain ?? 'nobody'} ${isSecure}`, { 'x-own': '1' });

/** Listens until the test ends. */
export async function listening(
  t: TestContext,
  config: ListenConfig,
  { logsRequests = false, connectionsMax = 100 } = {},
) {
  const [log, clock, ends] = [new FakeLog(), new FakeClock(new Date()), new AbortController()];
  const endpoints = new Map([['/hello', hello]]);
  const listener = new OidcListener({
    config,
    respond: respond({ endpoints, logsRequests, log }),
    log,
    clock,
    connectionsMax,
  });
  const stop = async (): Promise<void> => {
    ends.abort(new Error('stopping'));
    await listener.stop();
  };
  t.after(stop);
  await listener.start(ends.signal);
  return { log, clock, port: listener.port, stop };
}

export interface Got {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export async function read(asked: ClientRequest): Promise<Got> {
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const chunks = await response.toArray();
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() };
}
