/**
 * The `:authority` of requests over a Unix socket. Node's HTTP/2 takes nothing but a host there, and resets the streams of
 * clients that name the socket's path, as gRPC for Java does. Used by first-request and rewrite-requests.
 */
import type { Field } from '../http2/header-table.ts';

/** What Node's HTTP/2 takes (nghttp2; the test asks it, byte by byte). */
const TAKEN = /^[!$%&'()*+,\-.0-9:;=A-Z[\]_a-z~]+$/;
/** What gRPC's other clients send over Unix sockets. */
const REPLACEMENT = 'localhost';

export const isRefusedAuthority = ({ name, value }: Field): boolean =>
  name === ':authority' && !TAKEN.test(value) && !hasControls(value);

/** The same where it is none, or one that is taken. */
export const withTakenAuthority = (field: Field): Field =>
  isRefusedAuthority(field) ? { ...field, value: REPLACEMENT } : field;

/** Bytes that are in no path that a client means. */
const hasControls = (value: string): boolean => CONTROLS.test(value);
const CONTROLS = /[^ -~\u0080-\u{10ffff}]/u;
