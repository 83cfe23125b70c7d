/**
 * SecretDiscoveryService/DeltaSecrets: what has changed of what was asked for (xDS protocol, incremental). SPIRE's agent
 * answers Unimplemented. Listed in routes.
 */
import type { DeltaDiscoveryRequestOutput } from '../../proto/gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.ts';
import type { DeltaDiscoveryResponse } from '../../proto/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.ts';
import { toHex } from '../../shared/bytes.ts';
import type { Handler } from '../../shared/rpc/handler.ts';
import type { Peer } from '../attest-workload/peer-info.ts';
import type { WorkloadUpdate } from '../cache/workload-identities.ts';
import type { WorkloadContext } from '../workload-api/gate.ts';
import { checkNames, checkType, EVERYTHING } from './request.ts';
import { type Conversation, NONCE_BYTES, secretStream, type SecretStreamDeps } from './secret-stream.ts';
import { anyOf, type Resource, SECRET_TYPE_URL, VERSION_CHARACTERS } from './secrets.ts';
import { type Validation, validationFor } from './validation.ts';

export const deltaSecrets = (deps: SecretStreamDeps): Handler<WorkloadContext> =>
  secretStream<DeltaDiscoveryRequestOutput, DeltaDiscoveryResponse>(deps, (peer) => new Changes(deps, peer));

/** In place of a version: Envoy was told that there is no such secret. */
const NONE = '';

class Changes implements Conversation<DeltaDiscoveryRequestOutput, DeltaDiscoveryResponse> {
  readonly #deps: SecretStreamDeps;
  readonly #peer: Peer;
  /** Undefined until the first request. */
  #names: Set<string> | undefined;
  #validation: Validation;
  /** What Envoy was told last of each name, on this stream or, as it says, on an earlier one: a version, or NONE. */
  readonly #told = new Map<string, string>();
  /** Asked for anew: to be told of, whatever it knows. */
  readonly #due = new Set<string>();
  #version = 0;

  constructor(deps: SecretStreamDeps, peer: Peer) {
    this.#deps = deps;
    this.#peer = peer;
    this.#validation = validationFor(null, deps.isSpiffeValidationDisabled);
  }

  /** What is asked for counts, whichever answer the rest of the request is about. */
  hear(request: DeltaDiscoveryRequestOutput): number {
    checkType(request.type_url);
    const { error_detail: error, node, resource_names_subscribe: added } = request;
    const removed = checkNames(request.resource_names_unsubscribe);
    const isFirst = this.#names === undefined;
    const isWildcard = isFirst && added.length === 0;
    const names = checkNames([...(this.#names ?? []), ...(isWildcard ? [EVERYTHING] : added)]);
    if (error !== null) this.#deps.tell.rejected(this.#peer, [...this.#told.keys()], error.message);
    if (node !== null) this.#validation = validationFor(node, this.#deps.isSpiffeValidationDisabled);
    this.#names = new Set(names);
    for (const name of removed) this.#leave(name);
    for (const name of added) if (this.#names.has(name)) this.#due.add(name);
    if (isFirst) this.#remember(request.initial_resource_versions);
    return added.length + removed.length;
  }

  #leave(name: string): void {
    this.#names?.delete(name);
    this.#due.delete(name);
    for (const told of this.#told.keys()) if (!this.#isAskedFor(told)) this.#told.delete(told);
  }

  #remember(versions: Readonly<Record<string, string>>): void {
    for (const name of checkNames(Object.keys(versions)))
      if (this.#isAskedFor(name)) this.#told.set(name, versionIn(versions[name]));
  }

  #isAskedFor(name: string): boolean {
    return this.#names?.has(name) === true || this.#names?.has(EVERYTHING) === true;
  }

  say(update: WorkloadUpdate): DeltaDiscoveryResponse | undefined {
    const { find, random, tell } = this.#deps;
    const { resources, gone } = this.#look(update, find);
    if (this.#names === undefined || resources.length + gone.length === 0) return undefined;
    for (const { name, version } of resources) this.#told.set(name, version);
    const waiting = gone.filter((name) => this.#names?.has(name));
    if (waiting.length > 0) tell.unknown(this.#peer, waiting);
    for (const name of gone) this.#forget(name);
    this.#due.clear();
    this.#version += 1;
    return {
      system_version_info: String(this.#version),
      resources: resources.map((resource) => ({
        name: resource.name,
        version: resource.version,
        resource: anyOf(resource),
      })),
      removed_resources: [...gone],
      type_url: SECRET_TYPE_URL,
      nonce: toHex(random.bytes(NONCE_BYTES)),
    };
  }

  /** Who asked for everything did not ask for this name. */
  #forget(name: string): void {
    if (this.#names?.has(name) === true) this.#told.set(name, NONE);
    else this.#told.delete(name);
  }

  /** What Envoy does not know yet: secrets, and names of none. */
  #look(update: WorkloadUpdate, find: SecretStreamDeps['find']): Look {
    const held = new Map([...this.#told].filter(([, version]) => version !== NONE));
    const names = [...(this.#names ?? [])].filter((name) => name !== EVERYTHING);
    const wanted = { validation: this.#validation, held };
    const named = find(update, { ...wanted, names });
    const all =
      this.#names?.has(EVERYTHING) === true ? find(update, { ...wanted, names: undefined }) : NOTHING;
    const found = new Map([...named.resources, ...all.resources].map((one) => [one.name, one]));
    const missing = [...held.keys(), ...named.unknown].filter((name) => !found.has(name));
    return {
      resources: [...found.values()].filter(
        ({ name, version }) => this.#due.has(name) || this.#told.get(name) !== version,
      ),
      gone: [...new Set(missing)].filter((name) => this.#due.has(name) || this.#told.get(name) !== NONE),
    };
  }
}

/** Whatever else it is, it is not what we would send. */
const versionIn = (version = ''): string =>
  version.length === VERSION_CHARACTERS ? version : 'of somebody else';

interface Look {
  readonly resources: readonly Resource[];
  readonly gone: readonly string[];
}

const NOTHING = { resources: [], unknown: [] };
