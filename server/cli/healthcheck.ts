/** `healthcheck`: asks the gRPC health service on the admin socket. */
import type { HealthDefinition } from '../../proto/gen/grpc/health/v1/Health.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { messageOf } from '../../shared/errors.ts';
import { HEALTH, withService } from './call-server.ts';

export const healthcheck: RunCommand = async (flags, terminal) => {
  if (flags.is('verbose')) terminal.out('Checking server health...\n');
  try {
    const { status } = await withService<HealthDefinition, { status: string }>(
      HEALTH,
      { flags, terminal },
      (health) => health.unary('Check', {}),
    );
    if (status !== 'SERVING') throw new Error(`the server answers ${status}`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    terminal.err(`Error: server is unhealthy: ${messageOf(error)}\n`);
    return 1;
  }
  terminal.out('Server is healthy.\n');
  return 0;
};
