/** gRPC server reflection as a Go client uses it: whatever it knows of the server, the server has told it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { buildPeer } from '../go-spiffe/build.ts';
import { System } from '../system.ts';

interface Report {
  readonly services: readonly string[];
  readonly alpha: readonly string[];
  readonly methods: number;
  readonly answers: Readonly<Record<string, string>>;
}

test('a client that knows nothing but reflection finds every service, and calls it', async () => {
  const system = await System.start();
  try {
    const program = buildPeer(system, import.meta.dirname);
    const { status, stdout, stderr } = spawnSync(program, [system.files.serverSocket], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const { services, alpha, methods, answers } = JSON.parse(stdout) as Report;
    assert.deepEqual(alpha, services);
    for (const name of ['agent', 'bundle', 'debug', 'entry', 'logger', 'svid'])
      assert.ok(
        services.some((service) => service.startsWith(`spire.api.server.${name}.v1.`)),
        name,
      );
    assert.ok(methods > 30);
    assert.deepEqual(JSON.parse(answers['List'] ?? ''), { statuses: { '': { status: 'SERVING' } } });
    assert.deepEqual(JSON.parse(answers['SetLogLevel'] ?? ''), {
      current_level: 'WARN',
      launch_level: 'INFO',
    });
    assert.deepEqual(JSON.parse(answers['CountEntries'] ?? ''), {});
    const created = JSON.parse(answers['BatchCreateEntry'] ?? '') as { results: { entry: object }[] };
    assert.deepEqual(Reflect.get(created.results[0]?.entry ?? {}, 'additional_attributes'), {
      disable_x509_svid_prefetch: true,
    });
  } finally {
    await system.stop();
  }
});
