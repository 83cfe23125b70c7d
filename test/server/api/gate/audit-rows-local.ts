/** The RPCs of the admin socket alone, one call of each, and what the audit log is to say of it. Used by audit.test. */
import { failed, hashOf, ok, type Row } from './audit-rows.ts';

const MALFORMED = Uint8Array.of(1);

export const localTable: Readonly<Record<string, Row>> = {
  'ExplainEntry/ExplainEntry': {
    deed: ({ admin }) => admin.explain.unary('ExplainEntry', { entry_id: 'gone' }),
    lines: () => [{ entry_id: 'gone', ...failed('NotFound', /./) }],
  },
  'Health/Check': { deed: ({ admin }) => admin.health.unary('Check', {}), lines: () => [] },
  'Health/Watch': {
    deed: async ({ admin }) => {
      const watch = admin.health.serverStream('Watch', {});
      await watch.next();
      await watch.return?.(undefined);
    },
    lines: () => [],
  },
  'Health/List': { deed: ({ admin }) => admin.health.unary('List', {}), lines: () => [] },
  'ServerReflection/ServerReflectionInfo': {
    deed: async ({ admin }) => {
      const call = admin.reflection.bidi('ServerReflectionInfo');
      call.send({ list_services: '' });
      await call.responses.next();
      call.end();
    },
    lines: () => [],
  },
  'LocalAuthorityImport/ImportX509Authority': {
    deed: ({ admin }) =>
      admin.imports.unary('ImportX509Authority', { certificates: [MALFORMED], private_key: MALFORMED }),
    lines: () => [
      {
        certificate_sha256: hashOf(MALFORMED),
        activate: false,
        ...failed('InvalidArgument', /^certificate 1: certificate is malformed/),
      },
    ],
  },
  'Debug/GetInfo': { deed: ({ admin }) => admin.debug.unary('GetInfo', {}), lines: () => [ok] },
  'Logger/GetLogger': { deed: ({ admin }) => admin.logger.unary('GetLogger', {}), lines: () => [ok] },
  'Logger/SetLogLevel': {
    deed: ({ admin }) => admin.logger.unary('SetLogLevel', { new_level: 'WARN' }),
    lines: () => [{ new_log_level: 'WARN', ...ok }],
  },
  'Logger/ResetLogLevel': {
    deed: ({ admin }) => admin.logger.unary('ResetLogLevel', {}),
    lines: () => [ok],
  },
};
