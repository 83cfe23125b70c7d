// From proto/spire/api/agent/logger/v1/logger.proto

import type { LogLevel as _spire_api_types_LogLevel, LogLevelOutput as _spire_api_types_LogLevelOutput } from '../../../../../spire/api/types/LogLevel.ts';

export interface SetLogLevelRequest {
  'new_level'?: (_spire_api_types_LogLevel);
}

export interface SetLogLevelRequestOutput {
  'new_level': (_spire_api_types_LogLevelOutput);
}
