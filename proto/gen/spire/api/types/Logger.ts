// From proto/spire/api/types/types.proto

import type { LogLevel as _spire_api_types_LogLevel, LogLevelOutput as _spire_api_types_LogLevelOutput } from '../../../spire/api/types/LogLevel.ts';

export interface Logger {
  'current_level'?: (_spire_api_types_LogLevel);
  'launch_level'?: (_spire_api_types_LogLevel);
}

export interface LoggerOutput {
  'current_level': (_spire_api_types_LogLevelOutput);
  'launch_level': (_spire_api_types_LogLevelOutput);
}
