/** Calls that break gRPC over HTTP/2 rather than a message, each in one way. Used by the random tests of the doors. */
import { gzipSync } from 'node:zlib';
import { type RawCall, framed } from './raw-call.ts';

const EMPTY = framed(new Uint8Array());
const headers = (named: Readonly<Record<string, string>>) => ({ headers: named, body: EMPTY });

/** A name says what is wrong. `path`: of an RPC that is served. */
export const wrongCalls = (path: string): Readonly<Record<string, RawCall>> => ({
  'a path without a service': { path: '/', body: EMPTY },
  'a path of nothing': { path: '/a//b/../c', body: EMPTY },
  'a service that every object has': { path: '/__proto__/constructor', body: EMPTY },
  'an RPC that every object has': { path: `${path.slice(0, path.lastIndexOf('/'))}/toString`, body: EMPTY },
  'a very long path': { path: `/${'p'.repeat(10_000)}`, body: EMPTY },
  'another content type': { path, ...headers({ 'content-type': 'application/json' }) },
  'no content type': { path, ...headers({ 'content-type': '' }) },
  'another method': { path, ...headers({ ':method': 'GET' }) },
  'a method that there is none of': { path, ...headers({ ':method': 'BREW' }) },
  'a timeout that is none': { path, ...headers({ 'grpc-timeout': 'soon' }) },
  'a timeout beyond all bounds': { path, ...headers({ 'grpc-timeout': '99999999H' }) },
  'binary metadata that is none': { path, ...headers({ 'x-bin': '%%%' }) },
  'details of a status': { path, ...headers({ 'grpc-status-details-bin': 'AAAA', 'grpc-status': '0' }) },
  'much metadata': {
    path,
    ...headers(Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`x-${n}`, 'v'.repeat(100)]))),
  },
  'an encoding that there is none of': {
    path,
    headers: { 'grpc-encoding': 'brotli' },
    body: framed(Buffer.from('x'), 1),
  },
  'a compressed message that is none': {
    path,
    headers: { 'grpc-encoding': 'gzip' },
    body: framed(Buffer.from('x'), 1),
  },
  'a message that unfolds to a hundred megabytes': {
    path,
    headers: { 'grpc-encoding': 'gzip' },
    body: framed(gzipSync(Buffer.alloc(100_000_000)), 1),
  },
  'a compressed message without an encoding': { path, body: framed(Buffer.from('x'), 1) },
  'a flag that there is none of': { path, body: framed(new Uint8Array(), 7) },
  'no message': { path, body: Buffer.alloc(0) },
  'half a head': { path, body: Buffer.from([0, 0]) },
  'half a message': { path, body: framed(Buffer.from('abc'), 0, 10) },
  'a message larger than any': { path, body: framed(Buffer.from('abc'), 0, 2 ** 32 - 1) },
  'two messages': { path, body: Buffer.concat([EMPTY, EMPTY]) },
  'ten thousand messages': { path, body: Buffer.alloc(50_000) },
});
