/** Our own server's stream of hints (proto/writ/sync/v1). Called by sync/watch. */
import type { SyncDefinition } from '../../proto/gen/writ/sync/v1/Sync.ts';
import type { WatchResponseOutput } from '../../proto/gen/writ/sync/v1/WatchResponse.ts';
import type { ServiceClient } from '../../shared/rpc/client.ts';
import type { Hint, HintSource } from '../sync/watch.ts';
import type { ServerConnection } from './connection.ts';

const SERVICE = 'writ.sync.v1.Sync';

export class WatchClient implements HintSource {
  readonly #connection: ServerConnection;

  constructor(connection: ServerConnection) {
    this.#connection = connection;
  }

  async *watch(signal: AbortSignal): AsyncGenerator<Hint, void, void> {
    const open = (
      client: ServiceClient<SyncDefinition>,
      whileOpen: AbortSignal,
    ): AsyncIterable<WatchResponseOutput> => client.serverStream('Watch', {}, { signal: whileOpen });
    for await (const message of this.#connection.stream(SERVICE, signal, open)) {
      yield {
        position: { epoch: message.epoch, n: Number(message.entries_changed_at) },
        bundleSequence: Number(message.bundle_sequence),
      };
    }
  }
}
