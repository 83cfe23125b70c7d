import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findRule, rules } from '../../../../server/api/gate/rules.ts';
import { localRoutes, routes } from '../../../../server/api/routes.ts';
import { withReflection } from '../../../../shared/rpc/reflection/server-reflection-info.ts';
import { serviceDefinition } from '../../../../shared/rpc/definitions.ts';

/** Parts that are never used: only the table is looked at. */
const nothing = new Proxy({}, { get: () => ({}) }) as never;
const handled = withReflection({ ...routes(nothing), ...localRoutes(nothing) });

const methods = (table: Readonly<Record<string, object>>): readonly string[] =>
  Object.entries(table)
    .flatMap(([service, rpcs]) => Object.keys(rpcs).map((rpc) => `/${service}/${rpc}`))
    .sort();

test('every RPC that has a handler has a rule, and the other way round', () => {
  assert.deepEqual(methods(handled), methods(rules));
});

test('every RPC with a rule is in the protocol, as a stream or not as its handler is', () => {
  for (const [service, rpcs] of Object.entries(handled)) {
    for (const [rpc, { kind }] of Object.entries(rpcs)) {
      const method = serviceDefinition(service)[rpc];
      assert.ok(method !== undefined, `${service}/${rpc}`);
      const shape = method.requestStream ? 'bidi' : method.responseStream ? 'server-stream' : 'unary';
      assert.equal(kind, shape, `${service}/${rpc}`);
    }
  }
});

test('health is asked on the admin socket alone', () => {
  assert.deepEqual(
    Object.keys(routes(nothing)).filter((service) => service.startsWith('grpc.')),
    [],
  );
});

test('no rule is found by a name that objects have anyway', () => {
  for (const method of ['/constructor/name', '/spire.api.server.agent.v1.Agent/toString', '', '/', 'x']) {
    const rule: unknown = findRule(method);
    assert.ok(rule === undefined, method);
  }
});
