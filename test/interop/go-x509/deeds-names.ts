/** Deeds on names: those of subjects, alternative ones, and constraints on them. */
import {
  type Der,
  encode,
  node,
  objectIdentifier,
  sequence,
  setOf,
  text,
} from '../../../shared/crypto/der-writer.ts';
import { constructedTag, Tag } from '../../../shared/crypto/der.ts';
import { Oid } from '../../../shared/crypto/oids.ts';
import { type Deed, dropExtension, eitherWay, setCritical, setExtension } from './deeds-fields.ts';
import type { Dice } from './dice.ts';
import { casOf, change, intermediatesOf, leafOf } from './draft.ts';

const URIS = [
  'spiffe://example.org/web',
  'spiffe://EXAMPLE.org/web',
  'spiffe://a.example.org/web',
  'spiffe://a.b.example.org/web',
  'spiffe://notexample.org/web',
  'spiffe://other.test/web',
  'https://example.org:8443/a?b#c',
  'https://user@example.org/a',
  'https://192.0.2.1/a',
  'https://[::1]/a',
];
const ODD_URIS = [
  'spiffe://example.org',
  'spiffe://example.org/',
  'SPIFFE://example.org/web',
  'spiffe://example.org/a/../b',
  'spiffe://example.org:80/web',
  'spiffe://example.org/web?q',
  'spiffe:///web',
  'urn:example:web',
  'web',
  'http://[::1/web',
  'http://a b/',
  'spiffe://exa mple.org/web',
  'https://example..org/a',
];
const URI_CONSTRAINTS = [
  'example.org',
  '.example.org',
  'EXAMPLE.ORG',
  'other.test',
  'a.example.org',
  '',
  'org',
  '.test',
];
const DNS_NAMES = [
  'example.org',
  'a.example.org',
  'A.Example.Org',
  'notexample.org',
  '*.example.org',
  '*.a.example.org',
  'x',
];
const ODD_DNS_NAMES = [
  'a..example.org',
  'example.org.',
  '.example.org',
  'a b',
  '*',
  '192.0.2.1',
  'a_b.example.org',
  'é',
];
const DNS_CONSTRAINTS = [
  'example.org',
  '.example.org',
  'a.example.org',
  'secret.example.org',
  'Example.ORG',
  '',
  'org',
  'x',
];
const ODD_CONSTRAINTS = [
  'a..b',
  '.',
  '*.example.org',
  'example.org.',
  '192.0.2.1',
  'a b',
  'spiffe://example.org',
];

const URI = 0x86;
const DNS = 0x82;
const EMAIL = 0x81;
const IP = 0x87;
const DIRECTORY = 0xa4;

const raw = (tag: number, value: string): Der => node(tag, Buffer.from(value, 'latin1'));
const subtrees = (n: number, names: readonly Der[]): readonly Der[] =>
  names.length === 0 ? [] : [node(constructedTag(n), ...names.map((name) => sequence(name)))];

function constraints(permitted: readonly Der[], excluded: readonly Der[]): Uint8Array {
  return encode(sequence(...subtrees(0, permitted), ...subtrees(1, excluded)));
}

/** One name constrained, among those permitted or those excluded. */
const oneConstraint = (dice: Dice, name: Der): Uint8Array =>
  dice.once(2) ? constraints([name], []) : constraints([], [name]);

const few = <T>(dice: Dice, choices: readonly T[]): readonly T[] =>
  Array.from({ length: dice.pick([0, 1, 1, 2]) }, () => dice.pick(choices));

const directoryName = node(
  DIRECTORY,
  sequence(setOf(sequence(objectIdentifier(Oid.country), text(Tag.printableString, 'US')))),
);
const OTHER_CONSTRAINTS: readonly Der[] = [
  node(IP, Uint8Array.of(192, 0, 2, 0, 255, 255, 255, 0)),
  raw(EMAIL, 'example.org'),
  directoryName,
  node(0x88, Uint8Array.of(0x2a, 3)),
];
const OTHER_NAMES: readonly Der[] = [
  node(IP, Uint8Array.of(192, 0, 2, 1)),
  node(IP, Uint8Array.of(10, 0, 0, 1)),
  node(IP, Uint8Array.of(10, 0, 0)),
  raw(EMAIL, 'a@example.org'),
  raw(EMAIL, 'nobody'),
  directoryName,
];
const webId = raw(URI, 'spiffe://example.org/web');

/** A subject of one attribute. */
const subject = (tag: number, value: string): Uint8Array =>
  encode(sequence(setOf(sequence(objectIdentifier(Oid.commonName), text(tag, value)))));

const T61_STRING = 0x14;
const UNIVERSAL_STRING = 0x1c;

export const nameDeeds: Readonly<Record<string, Deed>> = {
  'URIs constrained': (draft, { dice }) => {
    change(leafOf(draft), { uriSans: [dice.pick(URIS)] });
    for (const ca of dice.some(casOf(draft)))
      change(ca, {
        uriSans: undefined,
        nameConstraints: {
          permitted: { uris: few(dice, URI_CONSTRAINTS) },
          excluded: { uris: [dice.pick(URI_CONSTRAINTS)] },
        },
      });
  },
  'URIs permitted': (draft, { dice }) => {
    change(leafOf(draft), { uriSans: [dice.pick(URIS)] });
    for (const ca of dice.some(casOf(draft)))
      change(ca, {
        nameConstraints: { permitted: { uris: [dice.pick(URI_CONSTRAINTS), ...few(dice, URI_CONSTRAINTS)] } },
      });
  },
  'DNS names constrained': (draft, { dice }) => {
    change(leafOf(draft), { dnsSans: dice.some(DNS_NAMES) });
    for (const ca of dice.some(casOf(draft)))
      change(ca, {
        nameConstraints: {
          permitted: { dnsNames: few(dice, DNS_CONSTRAINTS) },
          excluded: { dnsNames: [dice.pick(DNS_CONSTRAINTS)] },
        },
      });
  },
  'DNS names permitted': (draft, { dice }) => {
    change(leafOf(draft), { dnsSans: [dice.pick(DNS_NAMES)] });
    for (const ca of dice.some(casOf(draft)))
      change(ca, {
        nameConstraints: {
          permitted: { dnsNames: [dice.pick(DNS_CONSTRAINTS), ...few(dice, DNS_CONSTRAINTS)] },
        },
      });
  },
  'constraints that everything meets': (draft, { dice }) => {
    for (const ca of dice.some(casOf(draft)))
      change(ca, {
        nameConstraints: {
          permitted: { uris: ['example.org'], dnsNames: ['example.org'] },
          excluded: { uris: ['other.test'] },
        },
      });
  },
  'odd constraints': (draft, { dice }) => {
    const name = raw(dice.pick([URI, DNS]), dice.pick(ODD_CONSTRAINTS));
    setCritical(dice.pick(casOf(draft)), Oid.nameConstraints, oneConstraint(dice, name));
  },
  'constraints on other kinds of names': (draft, { dice }) => {
    const value = oneConstraint(dice, dice.pick(OTHER_CONSTRAINTS));
    eitherWay(dice)(dice.pick(casOf(draft)), Oid.nameConstraints, value);
    if (dice.once(2))
      setExtension(leafOf(draft), Oid.subjectAltName, encode(sequence(webId, dice.pick(OTHER_NAMES))));
  },
  'constraints not critical': (draft, { dice }) => {
    const value = oneConstraint(dice, raw(URI, dice.pick(URI_CONSTRAINTS)));
    setExtension(dice.pick(casOf(draft)), Oid.nameConstraints, value);
  },
  'constraints of a leaf': (draft) =>
    change(leafOf(draft), { nameConstraints: { permitted: { uris: ['example.org'] } } }),
  'empty constraints': (draft, { dice }) =>
    setCritical(
      dice.pick(casOf(draft)),
      Oid.nameConstraints,
      dice.pick([constraints([], []), encode(sequence(node(constructedTag(0))))]),
    ),
  'odd names below constraints': (draft, { dice }) => {
    const isUri = dice.once(2);
    const odd = isUri ? raw(URI, dice.pick(ODD_URIS)) : raw(DNS, dice.pick(ODD_DNS_NAMES));
    const name = dice.once(2)
      ? raw(URI, dice.pick(['example.org', 'other.test']))
      : raw(DNS, dice.pick(['example.org', 'other.test']));
    setExtension(leafOf(draft), Oid.subjectAltName, encode(sequence(webId, odd)));
    setCritical(dice.pick(casOf(draft)), Oid.nameConstraints, constraints([], [name]));
  },
  'other names': (draft, { dice }) =>
    setExtension(leafOf(draft), Oid.subjectAltName, encode(sequence(webId, ...few(dice, OTHER_NAMES)))),
  'several URIs': (draft, { dice }) =>
    change(leafOf(draft), { uriSans: [...dice.some(URIS), 'spiffe://example.org/db'] }),
  'no URI': (draft, { dice }) =>
    change(leafOf(draft), { uriSans: undefined, dnsSans: dice.pick([undefined, ['example.org']]) }),
  'odd URI': (draft, { dice }) =>
    setExtension(leafOf(draft), Oid.subjectAltName, encode(sequence(raw(URI, dice.pick(ODD_URIS))))),
  'odd URI of an issuer': (draft, { dice }) =>
    setExtension(
      dice.pick(casOf(draft)),
      Oid.subjectAltName,
      encode(sequence(raw(URI, dice.pick(ODD_URIS)))),
    ),
  'wrong trust domain': (draft) => change(leafOf(draft), { uriSans: ['spiffe://other.test/web'] }),
  'ID of an issuer with a path': (draft, { dice }) =>
    change(dice.pick(casOf(draft)), { uriSans: ['spiffe://example.org/ca'] }),
  'issuer without an ID': (draft, { dice }) => {
    for (const ca of dice.some(casOf(draft)))
      change(ca, { uriSans: dice.pick([undefined, ['https://ca.example.org/']]) });
  },
  'DNS names': (draft, { dice }) => change(leafOf(draft), { dnsSans: dice.some(DNS_NAMES) }),
  'odd DNS name': (draft, { dice }) =>
    setExtension(
      leafOf(draft),
      Oid.subjectAltName,
      encode(sequence(webId, raw(DNS, dice.pick(ODD_DNS_NAMES)))),
    ),
  'no alternative name in a list': (draft, { dice }) =>
    setExtension(dice.pick(draft.path), Oid.subjectAltName, encode(sequence())),
  'no subject': (draft, { dice }) => {
    const target = dice.pick([leafOf(draft), ...intermediatesOf(draft)]);
    change(target, { subject: encode(sequence()) });
    if (dice.once(3)) dropExtension(target, Oid.subjectAltName);
    else if (dice.once(2)) setExtension(target, Oid.subjectAltName, encode(sequence(webId)));
  },
  'subject of odd letters': (draft, { dice }) => {
    const [tag, value] = dice.pick([
      [Tag.printableString, 'a_b@c'],
      [Tag.utf8String, 'é'],
      [T61_STRING, 'a'],
      [UNIVERSAL_STRING, 'aaaa'],
      [Tag.printableString, ''],
    ] as const);
    change(dice.pick(draft.path), { subject: subject(tag, value) });
  },
  'issuer name in other letters': (draft, { dice }) => {
    const at = dice.below(casOf(draft).length);
    const ca = casOf(draft)[at];
    const child = draft.path[at];
    if (ca === undefined || child === undefined) return;
    change(ca, { subject: subject(Tag.printableString, 'same') });
    child.edits.push(() => ({
      issuer: subject(dice.pick([Tag.utf8String, Tag.printableString]), dice.pick(['same', 'SAME', 'same '])),
    }));
  },
};
