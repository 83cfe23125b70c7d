/**
 * ServerReflection/ServerReflectionInfo, v1 and v1alpha, which differ in their names alone: which services a listener has,
 * and the files that describe them (grpc/doc/server-reflection.md). Listed in the routes of a listener.
 */
import type { ServerReflectionRequestOutput } from '../../../proto/gen/grpc/reflection/v1/ServerReflectionRequest.ts';
import type { ServerReflectionResponse } from '../../../proto/gen/grpc/reflection/v1/ServerReflectionResponse.ts';
import { Code, invalidArgument } from '../../errors.ts';
import { bidi, type Handler, type Routes, type Send } from '../handler.ts';
import { type FileDescriptor, findFile, findFileOf, isMessage } from './file-descriptors.ts';

/**
 * The routes, and two more by which those are described. `admit` throws where this caller asks too often: a stream has any
 * number of requests.
 */
export function withReflection<Context>(
  routes: Routes<Context>,
  admit: (context: Context) => void = () => {},
): Routes<Context> {
  const names = [...Object.keys(routes), ...SERVICES].sort();
  const handler: Handler<Context> = serverReflectionInfo(names, admit);
  return {
    ...routes,
    ...Object.fromEntries(SERVICES.map((name) => [name, { ServerReflectionInfo: handler }])),
  };
}

const SERVICES = ['grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection'];

const serverReflectionInfo = <Context>(
  services: readonly string[],
  admit: (context: Context) => void,
): Handler<Context> =>
  bidi(
    async (
      requests: AsyncIterable<ServerReflectionRequestOutput>,
      context: Context,
      send: Send<ServerReflectionResponse>,
    ) => {
      const sent = new Set<string>();
      for await (const request of requests) {
        admit(context);
        await send({
          valid_host: request.host,
          original_request: request,
          ...answer(request, services, sent),
        });
      }
    },
  );

/** A file goes out once in a stream, with those that it needs. */
function answer(
  request: ServerReflectionRequestOutput,
  services: readonly string[],
  sent: Set<string>,
): ServerReflectionResponse {
  switch (request.message_request) {
    case 'list_services':
      return { list_services_response: { service: services.map((name) => ({ name })) } };
    case 'file_by_filename':
      return fileAnswer(findFile(request.file_by_filename ?? ''), sent);
    case 'file_containing_symbol':
      return fileAnswer(findFileOf(request.file_containing_symbol ?? ''), sent);
    case 'all_extension_numbers_of_type': {
      const name = request.all_extension_numbers_of_type ?? '';
      return isMessage(name) ? { all_extension_numbers_response: { base_type_name: name } } : NOT_FOUND;
    }
    case 'file_containing_extension':
      return NOT_FOUND; // proto3 has none
    default:
      throw invalidArgument('request asks for nothing');
  }
}

const NOT_FOUND: ServerReflectionResponse = {
  error_response: { error_code: Code.notFound, error_message: 'not found' },
};

function fileAnswer(file: FileDescriptor | undefined, sent: Set<string>): ServerReflectionResponse {
  if (file === undefined) return NOT_FOUND;
  const files = [file, ...neededBy(file, new Set([file.name]))].filter(
    ({ name }) => name === file.name || !sent.has(name),
  );
  for (const { name } of files) sent.add(name);
  return {
    file_descriptor_response: { file_descriptor_proto: files.map(({ bytes }) => Buffer.from(bytes)) },
  };
}

function neededBy({ dependencies }: FileDescriptor, seen: Set<string>): readonly FileDescriptor[] {
  return dependencies.flatMap((name) => {
    const file = seen.has(name) ? undefined : findFile(name);
    seen.add(name);
    return file === undefined ? [] : [file, ...neededBy(file, seen)];
  });
}
