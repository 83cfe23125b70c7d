/** The commands that make SVIDs without any registration entry. */
import type { Command } from '../../shared/cli/command.ts';
import type { Flag } from '../../shared/cli/flag.ts';
import { KEY_TYPES } from '../../shared/crypto/signer.ts';
import { adminFlags } from './server-socket.ts';

const spiffeId: Flag = { name: 'spiffeID', kind: 'text', doc: 'the SPIFFE ID' };
const ttl: Flag = {
  name: 'ttl',
  kind: 'text',
  doc: 'how long it lives, such as 1h; else as the server is told',
};

export const mintCommands: readonly Command[] = [
  {
    words: ['x509', 'mint'],
    summary: 'make a key and an X509-SVID without any registration entry',
    flags: [
      spiffeId,
      ttl,
      { name: 'dns', kind: 'list', doc: 'DNS name in it; more than once for several' },
      { name: 'write', kind: 'text', doc: 'directory for svid.pem, key.pem and bundle.pem', isPath: true },
      ...adminFlags,
    ],
    load: async () => (await import('./x509-mint.ts')).x509Mint,
  },
  {
    words: ['jwt', 'mint'],
    summary: 'make a JWT-SVID without any registration entry',
    flags: [
      spiffeId,
      { name: 'audience', kind: 'list', doc: 'who is to take it; more than once for several' },
      ttl,
      { name: 'write', kind: 'text', doc: 'file for the token', isPath: true },
      ...adminFlags,
    ],
    load: async () => (await import('./jwt-mint.ts')).jwtMint,
  },
  {
    words: ['wit', 'mint'],
    summary: 'make a key and a WIT-SVID without any registration entry',
    flags: [
      spiffeId,
      { name: 'keyType', kind: 'text', doc: 'of the key', values: [...KEY_TYPES], otherwise: 'ec-p256' },
      {
        name: 'signingAlgorithm',
        kind: 'text',
        doc: 'what the key signs with, such as PS256; else as its type has it',
      },
      ttl,
      { name: 'write', kind: 'text', doc: 'directory for token and key', isPath: true },
      ...adminFlags,
    ],
    load: async () => (await import('./wit-mint.ts')).witMint,
  },
];
