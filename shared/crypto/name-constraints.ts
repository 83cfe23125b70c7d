/**
 * Name constraints (RFC 5280 4.2.1.10) on URIs and DNS names: read, and applied to the names of certificates below.
 * Called by extensions and chain. Constraints on other kinds of names are counted, and chain refuses critical ones.
 */
import { invalidArgument } from '../errors.ts';
import { constructedTag, type DerReader, Tag } from './der.ts';
import { checkCount, NameTag, skipOtherName } from './general-names.ts';

interface Subtrees {
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  readonly otherCount: number;
}

export interface NameConstraints {
  readonly permitted: Subtrees;
  readonly excluded: Subtrees;
}

/** Throws InvalidArgument when neither list is there, or a subtree has a minimum or maximum. */
export function readNameConstraints(reader: DerReader): NameConstraints {
  if (reader.isDone) throw invalidArgument('name constraints are empty');
  const permitted = readSubtrees(reader, 0);
  const excluded = readSubtrees(reader, 1);
  reader.end();
  return { permitted, excluded };
}

function readSubtrees(reader: DerReader, n: number): Subtrees {
  const uris: string[] = [];
  const dnsNames: string[] = [];
  let otherCount = 0;
  if (!reader.isAt(constructedTag(n))) return { uris, dnsNames, otherCount };
  const list = reader.enter(constructedTag(n));
  if (list.isDone) throw invalidArgument('name constraints hold an empty list');
  for (let count = 1; !list.isDone; count++) {
    checkCount(count);
    const subtree = list.enter(Tag.sequence);
    if (subtree.isAt(NameTag.uri)) uris.push(checkUriConstraint(subtree.ascii(NameTag.uri)));
    else if (subtree.isAt(NameTag.dns)) dnsNames.push(checkConstraint(subtree.ascii(NameTag.dns)));
    else {
      skipOtherName(subtree);
      otherCount++;
    }
    subtree.end(); // minimum and maximum are never used in this profile
  }
  return { uris, dnsNames, otherCount };
}

/** A host, or a domain with a leading dot; empty stands for every name. */
function checkConstraint(constraint: string): string {
  const name = constraint.startsWith('.') ? constraint.slice(1) : constraint;
  if (constraint !== '' && !isHost(name)) throw invalidArgument('name constraint is malformed');
  return lower(constraint);
}

/** Addresses cannot be constrained so (RFC 5280 4.2.1.10). */
function checkUriConstraint(constraint: string): string {
  if (isAddress(constraint)) throw invalidArgument('name constraint of a URI is an address');
  return checkConstraint(constraint);
}

const isAddress = (host: string): boolean => /^\[|^[0-9.]+$/.test(host);

const isHost = (name: string): boolean => name.split('.').every((label) => /^[\x21-\x7e]+$/.test(label));

/** ASCII only: the names have been checked to hold nothing else. */
const lower = (name: string): string => name.toLowerCase();

const MAX_COMPARISONS = 100_000; // names times constraints; a certificate made to burn time has many of both

export interface ConstrainedNames {
  readonly uriSans: readonly string[];
  readonly dnsSans: readonly string[];
}

/** Throws InvalidArgument naming the first name that is outside what is permitted, or within what is excluded. */
export function checkNames(constraints: NameConstraints, { uriSans, dnsSans }: ConstrainedNames): void {
  const { permitted, excluded } = constraints;
  const comparisons =
    uriSans.length * (permitted.uris.length + excluded.uris.length) +
    dnsSans.length * (permitted.dnsNames.length + excluded.dnsNames.length);
  if (comparisons > MAX_COMPARISONS) throw invalidArgument('there are too many names and name constraints');
  if (permitted.uris.length + excluded.uris.length > 0) {
    for (const uri of uriSans) checkUri(uri, permitted.uris, excluded.uris);
  }
  if (permitted.dnsNames.length + excluded.dnsNames.length > 0) {
    for (const name of dnsSans) checkDnsName(name, permitted.dnsNames, excluded.dnsNames);
  }
}

function checkUri(uri: string, permitted: readonly string[], excluded: readonly string[]): void {
  const host = hostOf(uri);
  // Also below a host, which RFC 5280 would spare and Go does not: exclusions are read as widely as anyone does
  if (excluded.some((constraint) => isDnsWithin(host, constraint))) throw excludedName('URI', uri);
  if (permitted.length > 0 && !permitted.some((constraint) => isUriHostWithin(host, constraint))) {
    throw notPermitted('URI', uri);
  }
}

/** The host of a URI; throws where there is none or it is an address: constraints cannot be applied to those. */
function hostOf(uri: string): string {
  const [, authority] = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#]*)/.exec(uri) ?? [];
  const host = authority?.replace(/^.*@/, '').replace(/:[0-9]*$/, '');
  if (host === undefined || !isHost(host) || isAddress(host)) {
    throw invalidArgument(`URI "${uri}" has no host that name constraints could be applied to`);
  }
  return lower(host);
}

/** A constraint with a leading dot is every host below it, one without is that host alone. */
const isUriHostWithin = (host: string, constraint: string): boolean =>
  constraint === '' ||
  host === constraint ||
  (constraint.startsWith('.') && isBelow(host, constraint.slice(1)));

const isBelow = (name: string, domain: string): boolean => name.endsWith(`.${domain}`);

function checkDnsName(name: string, permitted: readonly string[], excluded: readonly string[]): void {
  if (!isHost(name))
    throw invalidArgument(`DNS name "${name}" is malformed: name constraints cannot be applied to it`);
  const wanted = lower(name);
  if (excluded.some((constraint) => canMatch(wanted, constraint))) throw excludedName('DNS name', name);
  if (permitted.length > 0 && !permitted.some((constraint) => isDnsWithin(wanted, constraint))) {
    throw notPermitted('DNS name', name);
  }
}

/** The constraint's own name and everything below it; with a leading dot (a common extension) only what is below. */
const isDnsWithin = (name: string, constraint: string): boolean => {
  if (constraint === '') return true;
  if (constraint.startsWith('.')) return isBelow(name, constraint.slice(1));
  return name === constraint || isBelow(name, constraint);
};

/** A wildcard is excluded when any name it stands for is. */
function canMatch(name: string, constraint: string): boolean {
  if (isDnsWithin(name, constraint)) return true;
  if (!name.startsWith('*.')) return false;
  const parent = name.slice(2);
  const excluded = constraint.startsWith('.') ? constraint.slice(1) : constraint;
  return isBelow(excluded, parent) && !excluded.slice(0, -parent.length - 1).includes('.');
}

const excludedName = (kind: string, name: string): Error =>
  invalidArgument(`${kind} "${name}" is excluded by the name constraints of an issuer`);
const notPermitted = (kind: string, name: string): Error =>
  invalidArgument(`${kind} "${name}" is not permitted by the name constraints of an issuer`);
