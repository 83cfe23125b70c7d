/** The interop suites: one folder each, named after the foreign peer. Run by test/run.ts, in this order. */
export const suites: Readonly<Record<string, string>> = {
  up: '`npm start` as a newcomer meets it: from nothing, twice, through mistakes and kills',
  mistakes:
    'servers and agents that are wrongly begun say what is wrong, as deploy/when-it-does-not-work.md has it',
  package:
    'the packed project, installed elsewhere: its command, its client library, and every program of its handbook',
  openssl: 'openssl verifies and prints every kind of certificate that is issued',
  'go-x509': 'path validation beside crypto/x509: 10,000 chains, every difference explained',
  pgbouncer: "the datastore on Debian's Postgres behind PgBouncer in transaction mode",
  'postgres-tls': "TLS to Debian's Postgres: whom each sslmode believes, and a login by certificate",
  prometheus: "Debian's Prometheus reads a server: deploy/'s rules and dashboard all have answers",
  reflection: 'a Go client that finds and calls every service by gRPC reflection alone',
  spire:
    "the genuine spire-agent under our server, our agent under SPIRE's, SPIRE's server below ours, and what both command lines print of both servers",
  'spire-api-sdk':
    "every RPC called with SPIRE's SDK, by everybody, of our server and agent and of SPIRE's own",
  'go-spiffe':
    'the Go SDK: X509Source, mTLS both ways, JWTSource and validation, watches across rotations, loss and return of an identity, our tokens verified',
  'py-spiffe':
    'the Python SDK: X509Source, mTLS both ways, JwtSource and validation, watches across rotations, loss and return of an identity',
  'java-spiffe':
    'the Java SDK: X509Source, mTLS both ways, a watch across a rotation, tokens, loss and return of an identity',
  'rust-spiffe':
    'the Rust SDK: X509Source, mTLS both ways, a watch across a rotation, tokens, loss and return of an identity',
  sdk: 'programs with the Go, Python, Java and Rust SDKs and with our library, all as servers and clients of all, and their tokens',
  'svid-files':
    'spiffe-helper under its own configuration: files of SVIDs that openssl serves from across a rotation; a JWT-SVID that jose verifies',
  envoy:
    'Envoy served by SDS: mTLS and who may call, another trust domain, rotation and restarts under load without a failed request',
  oidc: "a relying party of OIDC in Python, across rotations; SPIRE's own provider beside ours; a genuine spire-agent's keys",
};
