/**
 * Channels of @grpc/grpc-js that do not keep presenting an SVID that has been replaced: when the source's is renewed, a
 * new connection is made beside the old one, takes over once it stands, and the old one ends with its last call.
 */
import { Channel, type ClientOptions, connectivityState } from '@grpc/grpc-js';
import { bytesEqual } from '../../bytes.ts';
import type { X509Source } from '../x509-source.ts';

type Factory = NonNullable<ClientOptions['channelFactoryOverride']>;
type AnyChannel = ReturnType<Factory>;
type Call = ReturnType<AnyChannel['createCall']>;
type Listener = Parameters<Call['start']>[1];

/** For a client's `channelFactoryOverride`; its credentials are those of the same source. */
export const renewedBy =
  (source: X509Source): Factory =>
  (address, credentials, options) => {
    // Connections of several channels are shared unless that is said: then the new channel would get the old connection.
    const own = { ...options, 'grpc.use_local_subchannel_pool': 1 };
    return new RenewingChannel(source, () => new Channel(address, credentials, own));
  };

class RenewingChannel implements AnyChannel {
  readonly #source: X509Source;
  readonly #open: () => AnyChannel;
  readonly #stop: () => void;
  #current: CountedChannel;
  #next: CountedChannel | undefined;
  #leaf: Uint8Array | undefined;

  constructor(source: X509Source, open: () => AnyChannel) {
    this.#source = source;
    this.#open = open;
    this.#current = new CountedChannel(open());
    this.#leaf = leafOf(source);
    this.#stop = source.onUpdate(() => this.#renew());
  }

  /** A loss is no renewal: what is connected stays so. */
  #renew(): void {
    const leaf = leafOf(this.#source);
    if (leaf === undefined || (this.#leaf !== undefined && bytesEqual(leaf, this.#leaf))) return;
    this.#leaf = leaf;
    this.#next?.retire();
    this.#next = new CountedChannel(this.#open());
    this.#takeOver(this.#next);
  }

  /** Once `next` is connected; it tries until then. */
  #takeOver(next: CountedChannel): void {
    if (next !== this.#next) return; // there is a newer one, or all is closed
    const state = next.channel.getConnectivityState(true);
    if (state === connectivityState.READY) {
      this.#current.retire();
      this.#current = next;
      this.#next = undefined;
    } else if (state !== connectivityState.SHUTDOWN) {
      next.channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => this.#takeOver(next));
    }
  }

  createCall(...call: Parameters<AnyChannel['createCall']>): Call {
    return this.#current.createCall(...call);
  }

  close(): void {
    this.#stop();
    this.#next?.channel.close();
    this.#next = undefined;
    this.#current.channel.close();
  }

  getTarget(): string {
    return this.#current.channel.getTarget();
  }

  getConnectivityState(tryToConnect: boolean): connectivityState {
    return this.#current.channel.getConnectivityState(tryToConnect);
  }

  watchConnectivityState(...watch: Parameters<AnyChannel['watchConnectivityState']>): void {
    this.#current.channel.watchConnectivityState(...watch);
  }

  getChannelzRef(): ReturnType<AnyChannel['getChannelzRef']> {
    return this.#current.channel.getChannelzRef();
  }
}

const leafOf = (source: X509Source): Uint8Array | undefined =>
  source.hasIdentity ? source.identity().chain[0] : undefined;

/** A channel that closes with its last call: closed before, it would fail calls that have not reached their connection. */
class CountedChannel {
  readonly channel: AnyChannel;
  #calls = 0;
  #isRetired = false;

  constructor(channel: AnyChannel) {
    this.channel = channel;
  }

  createCall(...parameters: Parameters<AnyChannel['createCall']>): Call {
    const call = this.channel.createCall(...parameters);
    const start = call.start.bind(call);
    call.start = (metadata, listener) => {
      this.#calls += 1;
      start(metadata, this.#counting(listener));
    };
    return call;
  }

  #counting(listener: Listener): Listener {
    return {
      onReceiveMetadata: (metadata) => listener.onReceiveMetadata(metadata),
      onReceiveMessage: (message) => listener.onReceiveMessage(message),
      onReceiveStatus: (status) => {
        this.#calls -= 1;
        this.#closeWhenDone();
        listener.onReceiveStatus(status);
      },
    };
  }

  retire(): void {
    this.#isRetired = true;
    this.#closeWhenDone();
  }

  #closeWhenDone(): void {
    if (this.#isRetired && this.#calls === 0) this.channel.close();
  }
}
