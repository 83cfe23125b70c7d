import assert from 'node:assert/strict';
import { test } from 'node:test';
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import files from '../../../../proto/gen/files.json' with { type: 'json' };
import root from '../../../../proto/gen/root.json' with { type: 'json' };
import type { ServerReflectionRequest } from '../../../../proto/gen/grpc/reflection/v1/ServerReflectionRequest.ts';
import type { ServerReflectionResponseOutput } from '../../../../proto/gen/grpc/reflection/v1/ServerReflectionResponse.ts';
import { Code } from '../../../../shared/errors.ts';
import { findFile } from '../../../../shared/rpc/reflection/file-descriptors.ts';
import type { Ending } from '../../../fakes/database.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { type Clients, joinAgent, startServer } from '../../../fakes/server-under-test.ts';

interface FileProto {
  readonly name: string;
  readonly package: string;
  readonly dependency: readonly string[];
}

interface Foreign {
  readonly FileDescriptorProto: { decode(bytes: Uint8Array): FileProto };
  readonly FileDescriptorSet: { create(set: { file: readonly FileProto[] }): protobuf.Message };
}

const foreign = descriptor as unknown as Foreign;
const decode = (bytes: Uint8Array): FileProto => foreign.FileDescriptorProto.decode(bytes);

/** Every type by its full name, as both sides write it. */
function normal(json: unknown): unknown {
  const text = JSON.stringify(json, (key, value: unknown) =>
    key === 'edition' || key === 'options' ? undefined : value,
  );
  return protobuf.Root.fromJSON(JSON.parse(text) as protobuf.INamespace);
}

test('what a foreign reader makes of the descriptors is the prebuilt descriptor again', () => {
  const set = foreign.FileDescriptorSet.create({
    file: Object.keys(files).map((name) => decode(findFile(name)?.bytes ?? assert.fail(name))),
  });
  const read = (protobuf.Root as unknown as { fromDescriptor(of: unknown): protobuf.Root }).fromDescriptor(
    set,
  );
  const [ours, theirs] = [
    shapesOf(normal(root) as protobuf.Root),
    shapesOf(normal(read.toJSON()) as protobuf.Root),
  ];
  assert.ok(ours.size > 200);
  assert.deepEqual(theirs, ours);
});

/** What each type and service says, with the types of fields resolved. */
function shapesOf(all: protobuf.Root): ReadonlyMap<string, unknown> {
  const shapes = new Map<string, unknown>();
  all.resolveAll();
  const gather = (one: protobuf.ReflectionObject): void => {
    if (one instanceof protobuf.Enum) shapes.set(one.fullName, { ...one.values });
    if (one instanceof protobuf.Service)
      shapes.set(
        one.fullName,
        one.methodsArray.map((method) => [
          method.name,
          method.resolvedRequestType?.fullName,
          method.resolvedResponseType?.fullName,
          method.requestStream ?? false,
          method.responseStream ?? false,
        ]),
      );
    if (one instanceof protobuf.Type) {
      for (const field of one.fieldsArray)
        if (field instanceof protobuf.MapField)
          shapes.set(pairOf(field), [
            ['key', 1, field.keyType, false, undefined],
            ['value', 2, field.resolvedType?.fullName ?? field.type, false, undefined],
          ]);
      shapes.set(one.fullName, one.fieldsArray.map(shapeOfField));
    }
    if (one instanceof protobuf.Namespace) one.nestedArray.forEach(gather);
  };
  gather(all);
  return shapes;
}

const shapeOfField = (field: protobuf.Field): unknown =>
  field instanceof protobuf.MapField
    ? [field.name, field.id, pairOf(field), true, undefined]
    : [field.name, field.id, field.resolvedType?.fullName ?? field.type, field.repeated, field.partOf?.name];

/** The message that stands for a map's pairs, which the foreign reader leaves as it is. */
const pairOf = ({ parent, name }: protobuf.Field): string =>
  `${parent?.fullName}.${name
    .split('_')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')}Entry`;

/** Asks one thing after the other in one stream. */
async function ask(
  client: Clients['reflection'],
  ...requests: readonly ServerReflectionRequest[]
): Promise<readonly ServerReflectionResponseOutput[]> {
  const call = client.bidi('ServerReflectionInfo');
  const answers: ServerReflectionResponseOutput[] = [];
  for (const request of requests) {
    call.send(request);
    const answer: ServerReflectionResponseOutput | undefined = (await call.responses.next()).value;
    if (answer !== undefined) answers.push(answer);
  }
  call.end();
  return answers;
}

async function reflected(t: Ending): Promise<Clients['reflection']> {
  const clock = new FakeClock();
  return (await startServer(t, { datastore: new FakeDatastore(clock), clock })).admin.reflection;
}

test('reflection names the services of its listener', async (t) => {
  const [list] = await ask(await reflected(t), { host: 'h', list_services: '*' });
  const services = (list?.list_services_response?.service ?? []).map(({ name }) => name);
  assert.equal(list?.valid_host, 'h');
  assert.equal(list?.original_request?.list_services, '*');
  assert.ok(services.includes('spire.api.server.entry.v1.Entry'));
  assert.ok(services.includes('spire.api.server.logger.v1.Logger'));
  assert.ok(services.includes('grpc.reflection.v1alpha.ServerReflection'));
});

test('reflection gives the files that describe a service, each once in a stream', async (t) => {
  const namesIn = (answer: ServerReflectionResponseOutput | undefined): readonly string[] =>
    (answer?.file_descriptor_response?.file_descriptor_proto ?? []).map((bytes) => decode(bytes).name);
  const types = 'spire/api/types/types.proto';
  const [entry, bundle, again] = await ask(
    await reflected(t),
    { file_containing_symbol: 'spire.api.server.entry.v1.Entry.ListEntries' },
    { file_containing_symbol: 'spire.api.server.bundle.v1.Bundle' },
    { file_by_filename: types },
  );
  assert.deepEqual(namesIn(entry), [
    'spire/api/server/entry/v1/entry.proto',
    types,
    'google/protobuf/wrappers.proto',
  ]);
  assert.deepEqual(
    namesIn(bundle),
    ['spire/api/server/bundle/v1/bundle.proto'],
    'what was sent is not sent again',
  );
  assert.deepEqual(namesIn(again), [types], 'but where it is asked for by name');
});

test('reflection finds nothing where there is nothing, and refuses what asks for nothing', async (t) => {
  const client = await reflected(t);
  for (const request of [
    { file_by_filename: 'other.proto' },
    { file_containing_symbol: 'spire.api.types.Nothing' },
    { file_containing_symbol: 'spire.api.types.Entry.nothing' },
    { file_containing_symbol: '__proto__' },
    { file_containing_symbol: '' },
    { file_containing_extension: { containing_type: 'spire.api.types.Entry', extension_number: 1 } },
    { all_extension_numbers_of_type: 'spire.api.types.LogLevel' },
  ]) {
    const [answer] = await ask(client, request);
    assert.equal(answer?.error_response?.error_code, Code.notFound, JSON.stringify(request));
  }
  const [extensions] = await ask(client, { all_extension_numbers_of_type: 'spire.api.types.Entry' });
  assert.deepEqual(extensions?.all_extension_numbers_response?.extension_number, []);
  await assert.rejects(ask(client, {}), { code: Code.invalidArgument });
});

test('over TLS reflection is not for everybody', async (t) => {
  const clock = new FakeClock();
  const server = await startServer(t, { datastore: new FakeDatastore(clock), clock });
  const { identity } = await joinAgent(server);
  const list = async (through: ReturnType<typeof server.connect>) => {
    const call = through.reflection.bidi('ServerReflectionInfo');
    call.send({ list_services: '' });
    const answer: ServerReflectionResponseOutput | undefined = (await call.responses.next()).value;
    call.cancel();
    return (answer?.list_services_response?.service ?? []).map(({ name }) => name);
  };
  for (const through of [server.connect(), server.connect(identity)])
    await assert.rejects(list(through), { code: Code.permissionDenied });
});
