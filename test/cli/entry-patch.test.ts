/** `entry update -patch` against a real server, as operators type it. */
import { after, before, describe, it } from 'node:test';
import { serverCommands } from '../../server/cli/commands.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { Endings } from '../fakes/endings.ts';
import { type RunningServer, startServer } from '../fakes/server-under-test.ts';
import { runScript } from './script.ts';

const program = { name: 'writ server', commands: serverCommands };

describe('entry update -patch', () => {
  const endings = new Endings();
  const clock = new FakeClock();
  let server: RunningServer;
  before(async () => {
    server = await startServer(endings, { datastore: new FakeDatastore(clock), clock });
  });
  after(() => endings.end());

  const script = (text: string): Promise<void> =>
    runScript(
      {
        program,
        directory: server.config.dataDir,
        environment: { SPIRE_SERVER_PRIVATE_SOCKET: server.socketPath },
      },
      text,
    );

  it('changes what flags say, and nothing else', () =>
    script(`
$ entry create -entryID web -parentID spiffe://example.org/node -spiffeID spiffe://example.org/web -selector unix:uid:1 -dns a.example -hint old -x509SVIDTTL 60 -jwtSVIDIncludeJTI -admin
Entry ID                : web
SPIFFE ID               : spiffe://example.org/web
Parent ID               : spiffe://example.org/node
Revision                : 0
X509-SVID TTL           : 60
JWT-SVID TTL            : default
Selector                : unix:uid:1
DNS name                : a.example
Admin                   : true
Hint                    : old
JwtSvidIncludeJti       : true

$ entry update --patch -entryID web -selector unix:uid:2 -admin=false -disableX509SVIDPrefetch -clear hint -clear dns
Entry ID                : web
SPIFFE ID               : spiffe://example.org/web
Parent ID               : spiffe://example.org/node
Revision                : 1
X509-SVID TTL           : 60
JWT-SVID TTL            : default
Selector                : unix:uid:2
DisableX509SvidPrefetch : true
JwtSvidIncludeJti       : true

$ entry update -patch -entryID web -x509SVIDTTL 0 -dns b.example -dns c.example -revision 1
Entry ID                : web
SPIFFE ID               : spiffe://example.org/web
Parent ID               : spiffe://example.org/node
Revision                : 2
X509-SVID TTL           : default
JWT-SVID TTL            : default
Selector                : unix:uid:2
DNS name                : b.example
DNS name                : c.example
DisableX509SvidPrefetch : true
JwtSvidIncludeJti       : true

$ entry update -patch -entryID web -jwtSVIDIncludeJTI=false -output json
{"results":[{"entry":{"additional_attributes":{"disable_x509_svid_prefetch":true,"jwt_svid_include_jti":false},"admin":false,"created_at":"SECONDS","dns_names":["b.example","c.example"],"downstream":false,"expires_at":"0","federates_with":[],"hint":"","id":"web","jwt_svid_ttl":0,"parent_id":{"path":"/node","trust_domain":"example.org"},"revision_number":"3","selectors":[{"type":"unix","value":"uid:2"}],"spiffe_id":{"path":"/web","trust_domain":"example.org"},"store_svid":false,"x509_svid_ttl":0},"status":{"code":0,"message":"OK"}}]}`));

  it('does nothing to an entry that is at another revision', () =>
    script(`
$ entry create -entryID seen -parentID spiffe://example.org/node -spiffeID spiffe://example.org/seen -selector unix:uid:1
Entry ID                : seen
SPIFFE ID               : spiffe://example.org/seen
Parent ID               : spiffe://example.org/node
Revision                : 0
X509-SVID TTL           : default
JWT-SVID TTL            : default
Selector                : unix:uid:1

$ entry update -patch -entryID seen -hint h -revision 7
! Failed to update the following entry (code: Aborted, msg: "entry has changed meanwhile: it is at revision 0"):
! Entry ID                : seen
! SPIFFE ID               : spiffe://example.org/seen
! Parent ID               : spiffe://example.org/node
! Revision                : 0
! X509-SVID TTL           : default
! JWT-SVID TTL            : default
! Selector                : unix:uid:1
! 
! Error: failed to update one or more entries
? 1
$ entry update -patch -entryID nobody -hint h
! Error: entry not found
? 1`));

  it('explains what was typed wrongly', () =>
    script(`
$ entry update -patch -hint h
! Error: an -entryID is needed
? 1
$ entry update -patch -entryID seen
! Error: -patch needs a flag that says what to change
? 1
$ entry update -patch -entryID seen -clear selector
! Error: -clear is dns, federatesWith, hint, not "selector"
? 1
$ entry update -patch -entryID seen -clear hint -hint h
! Error: -hint and -clear hint exclude each other
? 1
$ entry update -patch -entryID seen -data x
! Error: -patch and -data exclude each other
? 1
$ entry update -patch -entryID seen -hint h -revision x
! Error: -revision takes a whole number, not "x"
? 1
$ entry update -entryID seen -revision 1
! Error: -revision says nothing without -patch
? 1`));
});
