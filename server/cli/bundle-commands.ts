/** The commands of `bundle` and `federation`. Listed by commands.ts. */
import type { Command } from '../../shared/cli/command.ts';
import type { Flag } from '../../shared/cli/flag.ts';
import { FORMATS, relationshipFlags } from './bundle-flags.ts';
import { adminFlags } from './server-socket.ts';

const format: Flag = {
  name: 'format',
  kind: 'text',
  doc: 'pem or spiffe',
  values: FORMATS,
  otherwise: 'pem',
};
const id: Flag = { name: 'id', kind: 'text', doc: 'the trust domain, or its SPIFFE ID' };
const data: Flag = {
  name: 'data',
  kind: 'text',
  doc: 'JSON file with relationships, - for standard input',
  isPath: true,
};

export const bundleCommands: readonly Command[] = [
  {
    words: ['bundle', 'show'],
    summary: "print the trust domain's own bundle",
    flags: [format, ...adminFlags],
    load: async () => (await import('./bundle-show.ts')).bundleShow,
  },
  {
    words: ['bundle', 'list'],
    summary: 'print the bundles of other trust domains',
    flags: [id, format, ...adminFlags],
    load: async () => (await import('./bundle-list.ts')).bundleList,
  },
  {
    words: ['bundle', 'count'],
    summary: 'count bundles, the own one among them',
    flags: adminFlags,
    load: async () => (await import('./bundle-count.ts')).bundleCount,
  },
  {
    words: ['bundle', 'set'],
    summary: 'create or replace the bundle of another trust domain',
    flags: [
      id,
      { name: 'path', kind: 'text', doc: 'file with the bundle; else standard input', isPath: true },
      format,
      ...adminFlags,
    ],
    load: async () => (await import('./bundle-set.ts')).bundleSet,
  },
  {
    words: ['bundle', 'delete'],
    summary: 'delete the bundle of another trust domain',
    flags: [
      id,
      {
        name: 'mode',
        kind: 'text',
        doc: 'what happens to entries that federate with it: restrict, delete or dissociate',
        values: ['restrict', 'delete', 'dissociate'],
        otherwise: 'restrict',
      },
      ...adminFlags,
    ],
    load: async () => (await import('./bundle-delete.ts')).bundleDelete,
  },
  {
    words: ['federation', 'create'],
    summary: 'say from where the bundle of another trust domain is to be had',
    flags: [...relationshipFlags, data, ...adminFlags],
    load: async () => (await import('./write-federation.ts')).writeFederation('create'),
  },
  {
    words: ['federation', 'update'],
    summary: 'replace a federation relationship',
    flags: [...relationshipFlags, data, ...adminFlags],
    load: async () => (await import('./write-federation.ts')).writeFederation('update'),
  },
  {
    words: ['federation', 'show'],
    summary: 'show a federation relationship',
    flags: [{ name: 'trustDomain', kind: 'text', doc: 'its trust domain' }, ...adminFlags],
    load: async () => (await import('./federation-show.ts')).federationShow,
  },
  {
    words: ['federation', 'list'],
    summary: 'list federation relationships',
    flags: adminFlags,
    load: async () => (await import('./federation-list.ts')).federationList,
  },
  {
    words: ['federation', 'delete'],
    summary: 'delete a federation relationship; the bundle stays',
    flags: [id, ...adminFlags],
    load: async () => (await import('./federation-delete.ts')).federationDelete,
  },
  {
    words: ['federation', 'refresh'],
    summary: 'have the bundle of another trust domain fetched now',
    flags: [id, ...adminFlags],
    load: async () => (await import('./federation-refresh.ts')).federationRefresh,
  },
];
