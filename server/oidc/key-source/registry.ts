/** The sources of keys by kind. Opened by provider. */
import { assertNever } from '../../../shared/errors.ts';
import type { SourceConfig } from '../config/source-fields.ts';
import { fileKeys } from './file.ts';
import type { KeySource } from './key-source.ts';
import { serverApiKeys } from './server-api.ts';
import { workloadApiKeys } from './workload-api.ts';

export function makeKeySource(config: SourceConfig): KeySource {
  switch (config.kind) {
    case 'server-api':
      return serverApiKeys(config.socketPath);
    case 'workload-api':
      return workloadApiKeys(config.socketPath, config.trustDomain);
    case 'file':
      return fileKeys(config.path);
    default:
      return assertNever(config);
  }
}
