// From proto/spire/api/agent/logger/v1/logger.proto

import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetLoggerRequest as _spire_api_agent_logger_v1_GetLoggerRequest, GetLoggerRequestOutput as _spire_api_agent_logger_v1_GetLoggerRequestOutput } from '../../../../../spire/api/agent/logger/v1/GetLoggerRequest.ts';
import type { Logger as _spire_api_types_Logger, LoggerOutput as _spire_api_types_LoggerOutput } from '../../../../../spire/api/types/Logger.ts';
import type { ResetLogLevelRequest as _spire_api_agent_logger_v1_ResetLogLevelRequest, ResetLogLevelRequestOutput as _spire_api_agent_logger_v1_ResetLogLevelRequestOutput } from '../../../../../spire/api/agent/logger/v1/ResetLogLevelRequest.ts';
import type { SetLogLevelRequest as _spire_api_agent_logger_v1_SetLogLevelRequest, SetLogLevelRequestOutput as _spire_api_agent_logger_v1_SetLogLevelRequestOutput } from '../../../../../spire/api/agent/logger/v1/SetLogLevelRequest.ts';

export interface LoggerDefinition {
  GetLogger: MethodDefinition<_spire_api_agent_logger_v1_GetLoggerRequest, _spire_api_types_Logger, _spire_api_agent_logger_v1_GetLoggerRequestOutput, _spire_api_types_LoggerOutput>
  ResetLogLevel: MethodDefinition<_spire_api_agent_logger_v1_ResetLogLevelRequest, _spire_api_types_Logger, _spire_api_agent_logger_v1_ResetLogLevelRequestOutput, _spire_api_types_LoggerOutput>
  SetLogLevel: MethodDefinition<_spire_api_agent_logger_v1_SetLogLevelRequest, _spire_api_types_Logger, _spire_api_agent_logger_v1_SetLogLevelRequestOutput, _spire_api_types_LoggerOutput>
}
