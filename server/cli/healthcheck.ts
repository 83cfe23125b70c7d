/** `healthcheck`: asks the gRPC health service on the admin socket. */
import type { HealthDefinition } from '../../proto/gen/grpc/health/v1/Health.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { messageOf } from '../../shared/errors.ts';
import { HEALTH, socketPath, withService } from './server-socket.ts';

export const healthcheck: RunCommand = async (flags, terminal) => {
  if (flags.is('verbose')) terminal.out(`Contacting the server on ${socketPath(flags, terminal)}\n`);
  try {
    const { status } = await withService<HealthDefinition, { status: string }>(
      HEALTH,
      { flags, terminal },
      (health) => health.unary('Check', {}, { timeoutMs: 10_000 }),
    );
    if (status !== 'SERVING') throw new Error(`the server answers ${status}`);
  } catch (error) {
    terminal.err(`Error: Server is unhealthy: ${messageOf(error)}\n`);
    return 1;
  }
  terminal.out('Server is healthy.\n');
  return 0;
};
