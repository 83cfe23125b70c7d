/** The rows of the LocalAuthority API: what the audit log is to say of each call. Used by audit.test. */
import { failed, ok, type Row } from './audit-rows.ts';

const DEEDS = ['Activate', 'Taint', 'Revoke'] as const;
const id = { authority_id: 'some-id' };

const refusal = {
  Activate: failed('InvalidArgument', 'unexpected authority ID'),
  Taint: failed('InvalidArgument', 'unexpected authority ID'),
  Revoke: failed('InvalidArgument', /^invalid authority ID: /),
};

const rowsOf = (kind: 'X509' | 'JWT' | 'WIT'): readonly (readonly [string, Row])[] => [
  ...(['Get', 'Prepare'] as const).map((deed): [string, Row] => {
    const rpc = deed === 'Get' ? (`Get${kind}AuthorityState` as const) : (`Prepare${kind}Authority` as const);
    return [
      rpc,
      {
        deed: ({ admin }) => admin.localAuthority.unary(rpc, {}),
        lines: () => [ok],
      },
    ];
  }),
  ...DEEDS.map((deed): [string, Row] => [
    `${deed}${kind}Authority`,
    {
      deed: ({ admin }) => admin.localAuthority.unary(`${deed}${kind}Authority`, id),
      lines: () => [{ local_authority_id: 'some-id', ...refusal[deed] }],
    },
  ]),
];

const upstream = (['Taint', 'Revoke'] as const).map((deed): [string, Row] => [
  `${deed}X509UpstreamAuthority`,
  {
    deed: ({ admin }) => admin.localAuthority.unary(`${deed}X509UpstreamAuthority`, { subject_key_id: 'aa' }),
    lines: () => [
      { subject_key_id: 'aa', ...failed('FailedPrecondition', 'upstream authority is not configured') },
    ],
  },
]);

export const authorityTable: Readonly<Record<string, Row>> = Object.fromEntries(
  [...rowsOf('X509'), ...rowsOf('JWT'), ...rowsOf('WIT'), ...upstream].map(([rpc, row]) => [
    `LocalAuthority/${rpc}`,
    row,
  ]),
);
