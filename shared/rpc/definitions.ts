/** Loads the prebuilt descriptor of proto/gen once: the services, for servers and their clients. */
import type { ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';
import root from '../../proto/gen/root.json' with { type: 'json' };

const OPTIONS = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true } as const;

let loaded: PackageDefinition | undefined;

function definitions(): PackageDefinition {
  loaded ??= fromJSON(root as Parameters<typeof fromJSON>[0], OPTIONS);
  return loaded;
}

/** The service of this full name; throws when the descriptor has none. */
export function serviceDefinition(name: string): ServiceDefinition {
  const found = definitions()[name];
  if (found === undefined || 'format' in found) throw new Error(`no service ${name} in the descriptor`);
  return found;
}
