/** The commands of `localauthority` and `upstreamauthority`. Listed by commands.ts. */
import type { Command } from '../../shared/cli/command.ts';
import type { Flag } from '../../shared/cli/flag.ts';
import { type AuthorityKind, nameOf } from './authority-kind.ts';
import { adminFlags } from './server-socket.ts';

const KINDS: readonly AuthorityKind[] = ['X509', 'JWT', 'WIT'];
const authorityId: Flag = { name: 'authorityID', kind: 'text', doc: "the authority's ID" };
const subjectKeyId: Flag = {
  name: 'subjectKeyID',
  kind: 'text',
  doc: "the subject key identifier of the upstream authority's certificate",
};

const importFlags: readonly Flag[] = [
  {
    name: 'certPath',
    kind: 'text',
    doc: 'file of the CA certificate, in PEM; then, if you like, of those above it',
    isPath: true,
  },
  {
    name: 'keyPath',
    kind: 'text',
    doc: 'file of its private key, in PEM, for its owner alone (mode 0600)',
    isPath: true,
  },
  {
    name: 'chainPath',
    kind: 'text',
    doc: 'file of the certificates above it, the root among them, unless they are in -certPath',
    isPath: true,
  },
  {
    name: 'activate',
    kind: 'boolean',
    doc: 'sign with it at once: for a first start, before anybody has an SVID',
  },
  ...adminFlags,
];

const commandsOf = (kind: AuthorityKind): readonly Command[] => {
  const wordsOf = (deed: string): readonly string[] => ['localauthority', kind.toLowerCase(), deed];
  const name = nameOf(kind);
  return [
    {
      words: wordsOf('show'),
      summary: `show this server's ${name} authorities`,
      flags: adminFlags,
      load: async () => (await import('./localauthority-show.ts')).localauthorityShow(kind),
    },
    {
      words: wordsOf('prepare'),
      summary: `make a new ${name} authority and put it into the bundle`,
      flags: adminFlags,
      load: async () => (await import('./localauthority-prepare.ts')).localauthorityPrepare(kind),
    },
    {
      words: wordsOf('activate'),
      summary: `sign with the prepared ${name} authority from now on`,
      flags: [authorityId, ...adminFlags],
      load: async () => (await import('./localauthority-activate.ts')).localauthorityActivate(kind),
    },
    {
      words: wordsOf('taint'),
      summary: `have what the old ${name} authority signed signed anew`,
      flags: [authorityId, ...adminFlags],
      load: async () => (await import('./localauthority-taint.ts')).localauthorityTaint(kind),
    },
    {
      words: wordsOf('revoke'),
      summary: `take the tainted ${name} authority out of the bundle`,
      flags: [authorityId, ...adminFlags],
      load: async () => (await import('./localauthority-revoke.ts')).localauthorityRevoke(kind),
    },
  ];
};

export const authorityCommands: readonly Command[] = [
  ...KINDS.flatMap(commandsOf),
  {
    words: ['localauthority', 'x509', 'import'],
    summary: 'take a CA certificate and key of your own as the prepared X.509 authority',
    flags: importFlags,
    load: async () => (await import('./localauthority-import.ts')).localauthorityImport,
  },
  {
    words: ['upstreamauthority', 'taint'],
    summary: 'have what an upstream authority signed signed anew',
    flags: [subjectKeyId, ...adminFlags],
    load: async () => (await import('./upstreamauthority-taint.ts')).upstreamauthorityTaint,
  },
  {
    words: ['upstreamauthority', 'revoke'],
    summary: 'take a tainted upstream authority out of the bundle',
    flags: [subjectKeyId, ...adminFlags],
    load: async () => (await import('./upstreamauthority-revoke.ts')).upstreamauthorityRevoke,
  },
];
