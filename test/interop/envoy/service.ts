/** The services behind and before the Envoys: one that says who called, and a client that calls all the time. */
import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:http';
import { monotonicMs } from '../../../shared/clock.ts';
import { messageOf } from '../../../shared/errors.ts';

/** Answers with the caller's ID, as Envoy told it. */
export async function serve(port: number): Promise<Server> {
  const server = createServer((incoming, response) => {
    const told = String(incoming.headers['x-forwarded-client-cert'] ?? '');
    response.end(/(?:^|;)URI=([^;,]+)/.exec(told)?.[1] ?? 'nobody');
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** One call through an Envoy on this port; rejects where there is no answer. */
export function call(port: number, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      path: '/',
      timeout: 10_000,
      ...(agent ? { agent } : {}),
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer within 10 s')));
    sent.on('error', reject);
    sent.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', reject).on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.end();
  });
}

export interface LoadResult {
  readonly calls: number;
  /** Each with how often it was. */
  readonly failures: readonly (readonly [string, number])[];
  readonly longestMs: number;
}

const CALLERS = 8;
const PAUSE_MS = 10;

/** Calls on and on until it is stopped. */
export class Load {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
  readonly #port: number;
  readonly #expected: string;
  #isOn = true;
  #calls = 0;
  #longestMs = 0;
  /** How often each has been. */
  readonly #failures = new Map<string, number>();
  readonly #callers: Promise<unknown>;

  /** Every answer must be 200 with this text. */
  constructor(port: number, expected: string) {
    this.#port = port;
    this.#expected = expected;
    this.#callers = Promise.all(Array.from({ length: CALLERS }, () => this.#callOn()));
  }

  async #callOn(): Promise<void> {
    while (this.#isOn) {
      const startedMs = monotonicMs();
      const failure = await call(this.#port, this.#agent).then(
        ({ status, text }) =>
          status === 200 && text === this.#expected ? undefined : `${status} ${text.slice(0, 200)}`,
        messageOf,
      );
      this.#calls += 1;
      this.#longestMs = Math.max(this.#longestMs, monotonicMs() - startedMs);
      if (failure !== undefined) this.#failures.set(failure, (this.#failures.get(failure) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async stop(): Promise<LoadResult> {
    this.#isOn = false;
    await this.#callers;
    this.#agent.destroy();
    return { calls: this.#calls, failures: [...this.#failures], longestMs: this.#longestMs };
  }
}
