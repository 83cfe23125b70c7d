/**
 * When this process has come to rest: no socket, timer or thread of its own has anything to do, and no database call is
 * under way. Between connections of one process that is all there is to wait for, so stories whose clock moves only
 * then go the same way each time. Used by the testbed of test/flows.
 */
import { createHook, executionAsyncResource } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { isBusy } from './clock.ts';

/** Rounds of the event loop without any event; what one end of a connection writes the other reads in the next round. */
const QUIET_ROUNDS = 4;
/** While a call is under way: the kernel of a busy machine may take its time to pass on a packet. */
const QUIET_ROUNDS_IN_CALL = 40;
const REST_MAX_MS = 10_000;
/** They stay open, and nobody waits for their end. */
const LASTING = /\/(?:Watch|FetchX509SVID|FetchX509Bundles)$/;

let events = 0;
const hook = createHook({
  trackPromises: false,
  before: () => {
    // Other rounds that somebody waits for are no event: what comes of them is.
    if (!(executionAsyncResource() instanceof Immediate)) events += 1;
  },
});
const { constructor: Immediate } = setImmediate(() => {}) as unknown as { constructor: new () => object };

const calls = new Set<unknown>();
subscribe('http2.client.stream.created', (message) => {
  const { stream, headers } = message as { stream: unknown; headers: Record<string, unknown> };
  if (!LASTING.test(String(headers[':path']))) calls.add(stream);
});
subscribe('http2.client.stream.close', (message) => {
  calls.delete((message as { stream: unknown }).stream);
});

/** Resolves at rest; `answers`: when something outside of this process has answered, if it was asked anything. */
export async function comeToRest(answers: () => Promise<void> | undefined): Promise<void> {
  const startedMs = performance.now();
  hook.enable();
  try {
    do {
      await answers();
      await beQuiet();
      if (performance.now() - startedMs > REST_MAX_MS)
        throw new Error(`no rest after ${REST_MAX_MS} ms: ${calls.size} calls are under way`);
    } while (answers() !== undefined);
  } finally {
    hook.disable();
  }
}

/** Rounds without a promise for each, which test runners would watch one by one. */
function beQuiet(): Promise<void> {
  const startedMs = performance.now();
  let quiet = 0;
  let before = events;
  return new Promise((resolve) => {
    const look = (): void => {
      quiet = events === before && !isBusy() ? quiet + 1 : 0;
      before = events;
      const isQuiet = quiet >= (calls.size > 0 ? QUIET_ROUNDS_IN_CALL : QUIET_ROUNDS);
      if (isQuiet || performance.now() - startedMs > REST_MAX_MS) resolve();
      else setImmediate(look);
    };
    setImmediate(look);
  });
}
