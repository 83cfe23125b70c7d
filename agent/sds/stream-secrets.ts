/**
 * SecretDiscoveryService/StreamSecrets: all that was asked for in each answer, whenever some of it is new (xDS protocol,
 * "state of the world"). Listed in routes.
 *
 * DIVERGES: SPIRE ends the stream where a name means nothing to the workload, and answers to every change of anything. Here
 * the name is waited for, as the protocol has it, and what Envoy holds already is not sent.
 */
import type { DiscoveryRequestOutput } from '../../proto/gen/envoy/service/discovery/v3/DiscoveryRequest.ts';
import type { DiscoveryResponse } from '../../proto/gen/envoy/service/discovery/v3/DiscoveryResponse.ts';
import { toHex } from '../../shared/bytes.ts';
import type { Handler } from '../../shared/rpc/handler.ts';
import type { Peer } from '../attest-workload/peer-info.ts';
import type { WorkloadUpdate } from '../cache/workload-identities.ts';
import type { WorkloadContext } from '../workload-api/gate.ts';
import { trustDomainIn } from './names.ts';
import { checkNames, checkType, EVERYTHING } from './request.ts';
import { type Conversation, NONCE_BYTES, secretStream, type SecretStreamDeps } from './secret-stream.ts';
import { anyOf, SECRET_TYPE_URL } from './secrets.ts';
import { type Validation, validationFor } from './validation.ts';

export const streamSecrets = (deps: SecretStreamDeps): Handler<WorkloadContext> =>
  secretStream<DiscoveryRequestOutput, DiscoveryResponse>(deps, (peer) => new StateOfTheWorld(deps, peer));

class StateOfTheWorld implements Conversation<DiscoveryRequestOutput, DiscoveryResponse> {
  readonly #deps: SecretStreamDeps;
  readonly #peer: Peer;
  /** Undefined until the first request. */
  #names: readonly string[] | undefined;
  #isWildcard = true;
  #validation: Validation;
  /** Names and versions of what Envoy was sent last. */
  #held = new Map<string, string>();
  /** Of the last answer; empty before it. */
  #nonce = '';
  #version = 0;
  #toldUnknown = '';

  constructor(deps: SecretStreamDeps, peer: Peer) {
    this.#deps = deps;
    this.#peer = peer;
    this.#validation = validationFor(null, deps.isSpiffeValidationDisabled);
  }

  /** Whether Envoy took the last answer makes no difference: it gets the next when there is something new. */
  hear(request: DiscoveryRequestOutput): number {
    checkType(request.type_url);
    const names = checkNames(request.resource_names);
    const { error_detail: error, node } = request;
    if (error !== null) this.#deps.tell.rejected(this.#peer, names, error.message);
    if (this.#nonce !== '' && request.response_nonce !== this.#nonce) return names.length; // about an older answer
    if (node !== null) this.#validation = validationFor(node, this.#deps.isSpiffeValidationDisabled);
    const isRejoining = this.#names === undefined && request.version_info !== '';
    this.#ask(names, isRejoining);
    return names.length;
  }

  #ask(names: readonly string[], isRejoining: boolean): void {
    this.#names = names;
    if (names.length > 0) this.#isWildcard = names.includes(EVERYTHING);
    if (this.#isWildcard) return;
    const asked = new Set(names);
    // Asked for again later, it is sent again.
    for (const name of this.#held.keys()) if (!asked.has(name)) this.#held.delete(name);
    // What it holds from another stream, which may be gone meanwhile.
    if (isRejoining)
      for (const name of names) if (trustDomainIn(name) !== undefined) this.#held.set(name, '');
  }

  say(update: WorkloadUpdate): DiscoveryResponse | undefined {
    const { find, tell, random } = this.#deps;
    const wanted = { names: this.#isWildcard ? undefined : this.#names, validation: this.#validation };
    const { resources, unknown } = find(update, { ...wanted, held: this.#held });
    if (this.#names === undefined) return undefined;
    if (unknown.length > 0 && this.#toldUnknown !== unknown.join()) tell.unknown(this.#peer, unknown);
    this.#toldUnknown = unknown.join();
    if (resources.every(({ name, version }) => this.#held.get(name) === version)) return undefined;
    this.#held = new Map(resources.map(({ name, version }) => [name, version]));
    this.#version += 1;
    this.#nonce = toHex(random.bytes(NONCE_BYTES));
    return {
      version_info: String(this.#version),
      resources: resources.map(anyOf),
      type_url: SECRET_TYPE_URL,
      nonce: this.#nonce,
    };
  }
}
