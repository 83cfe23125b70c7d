package main

import (
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"net/url"
	"time"

	bundlev1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/bundle/v1"
	debugv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/debug/v1"
	entryv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/entry/v1"
	loggerv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/logger/v1"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
	"google.golang.org/grpc/codes"
)

// newRoot is an authority of another trust domain.
func newRoot(trustDomain string) []byte {
	key := newKey()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
		URIs: []*url.URL{must(url.Parse("spiffe://" + trustDomain))}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	return must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
}

func newBundle(trustDomain string) *types.Bundle {
	return &types.Bundle{
		TrustDomain:     trustDomain,
		X509Authorities: []*types.X509Certificate{{Asn1: newRoot(trustDomain)}},
		JwtAuthorities:  []*types.JWTKey{{KeyId: "key", PublicKey: must(x509.MarshalPKIXPublicKey(newKey().Public())), ExpiresAt: time.Now().Add(time.Hour).Unix()}},
		RefreshHint:     60,
		SequenceNumber:  7,
	}
}

func federatedBundleChecks(w *world) {
	client := bundlev1.NewBundleClient(w.admin)
	remove := func(mode bundlev1.BatchDeleteFederatedBundleRequest_Mode, names ...string) []*bundlev1.BatchDeleteFederatedBundleResponse_Result {
		return must(client.BatchDeleteFederatedBundle(w.ctx, &bundlev1.BatchDeleteFederatedBundleRequest{TrustDomains: names, Mode: mode})).Results
	}

	run("AppendBundle adds to the own bundle, and nothing twice", func(c *check) {
		before := must(client.GetBundle(w.ctx, &bundlev1.GetBundleRequest{}))
		added := &bundlev1.AppendBundleRequest{X509Authorities: []*types.X509Certificate{{Asn1: newRoot(w.trustDomain)}}}
		after, err := client.AppendBundle(w.ctx, added)
		c.ok("append", err)
		c.equal("one more", len(after.X509Authorities), len(before.X509Authorities)+1)
		c.equal("the next number", after.SequenceNumber, before.SequenceNumber+1)
		again, err := client.AppendBundle(w.ctx, added)
		c.ok("again", err)
		c.equal("nothing twice", len(again.X509Authorities), len(after.X509Authorities))
		masked, err := client.AppendBundle(w.ctx, &bundlev1.AppendBundleRequest{X509Authorities: added.X509Authorities, OutputMask: &types.BundleMask{}})
		c.ok("masked", err)
		c.equal("masked", masked, &types.Bundle{TrustDomain: w.trustDomain})
		_, err = client.AppendBundle(w.ctx, &bundlev1.AppendBundleRequest{})
		c.refused("nothing", err, codes.InvalidArgument, "no authorities to append")
		_, err = client.AppendBundle(w.ctx, &bundlev1.AppendBundleRequest{X509Authorities: []*types.X509Certificate{{Asn1: []byte("x")}}})
		c.refused("no certificate", err, codes.InvalidArgument, "failed to convert X.509 authority: ")
		_, err = client.AppendBundle(w.ctx, &bundlev1.AppendBundleRequest{JwtAuthorities: []*types.JWTKey{{PublicKey: []byte("x"), KeyId: "k"}}})
		c.refused("no key", err, codes.InvalidArgument, "failed to convert JWT authority: ")
	})

	run("bundles of other trust domains are created, read, replaced and deleted", func(c *check) {
		one, two := newBundle("one.test"), newBundle("two.test")
		create := func(bundles ...*types.Bundle) []*bundlev1.BatchCreateFederatedBundleResponse_Result {
			return must(client.BatchCreateFederatedBundle(w.ctx, &bundlev1.BatchCreateFederatedBundleRequest{Bundle: bundles})).Results
		}
		created := create(one, two, newBundle("one.test"), newBundle(w.trustDomain), &types.Bundle{TrustDomain: "not a name!"})
		c.item("one", created[0].Status, codes.OK, "OK")
		c.equal("one", created[0].Bundle, one)
		c.item("two", created[1].Status, codes.OK, "OK")
		c.item("twice", created[2].Status, codes.AlreadyExists, "bundle already exists")
		c.item("own", created[3].Status, codes.InvalidArgument, "creating a federated bundle for the server's own trust domain is not allowed")
		c.item("no name", created[4].Status, codes.InvalidArgument, "trust domain argument is not valid")
		for who, by := range map[string]caller{"admin": w.admin, "agent": w.agent} {
			got, err := bundlev1.NewBundleClient(by).GetFederatedBundle(w.ctx, &bundlev1.GetFederatedBundleRequest{TrustDomain: "one.test"})
			c.ok(who, err)
			c.equal(who, got, one)
		}
		masked, err := client.GetFederatedBundle(w.ctx, &bundlev1.GetFederatedBundleRequest{TrustDomain: "one.test", OutputMask: &types.BundleMask{RefreshHint: true}})
		c.ok("masked", err)
		c.equal("masked", masked, &types.Bundle{TrustDomain: "one.test", RefreshHint: 60})
		_, err = client.GetFederatedBundle(w.ctx, &bundlev1.GetFederatedBundleRequest{TrustDomain: "nobody.test"})
		c.refused("unknown", err, codes.NotFound, "bundle not found")
		_, err = client.GetFederatedBundle(w.ctx, &bundlev1.GetFederatedBundleRequest{TrustDomain: w.trustDomain})
		c.refused("own", err, codes.InvalidArgument, "getting a federated bundle for the server's own trust domain is not allowed")
		c.equal("count", must(client.CountBundles(w.ctx, &bundlev1.CountBundlesRequest{})).Count, int32(3))
		var names []string
		for token := ""; ; {
			page, err := client.ListFederatedBundles(w.ctx, &bundlev1.ListFederatedBundlesRequest{PageSize: 1, PageToken: token, OutputMask: &types.BundleMask{}})
			c.ok("page", err)
			for _, bundle := range page.Bundles {
				names = append(names, bundle.TrustDomain)
			}
			if token = page.NextPageToken; token == "" {
				break
			}
		}
		c.equal("listed without the own", sorted(names), []string{"one.test", "two.test"})
		next := newBundle("one.test")
		updated := must(client.BatchUpdateFederatedBundle(w.ctx, &bundlev1.BatchUpdateFederatedBundleRequest{
			Bundle: []*types.Bundle{next, newBundle("nobody.test")}, InputMask: &types.BundleMask{X509Authorities: true},
		})).Results
		c.item("updated", updated[0].Status, codes.OK, "OK")
		c.equal("its authorities", updated[0].Bundle.X509Authorities[0], next.X509Authorities[0])
		c.equal("its keys are the old ones", updated[0].Bundle.JwtAuthorities[0], one.JwtAuthorities[0])
		c.item("unknown", updated[1].Status, codes.NotFound, "bundle not found")
		set := must(client.BatchSetFederatedBundle(w.ctx, &bundlev1.BatchSetFederatedBundleRequest{Bundle: []*types.Bundle{next, newBundle("three.test"), newBundle(w.trustDomain)}})).Results
		c.item("set", set[0].Status, codes.OK, "OK")
		c.equal("set", set[0].Bundle, next)
		c.item("set anew", set[1].Status, codes.OK, "OK")
		c.item("own", set[2].Status, codes.InvalidArgument, "setting a federated bundle for the server's own trust domain is not allowed")
		gone := remove(bundlev1.BatchDeleteFederatedBundleRequest_RESTRICT, "one.test", "two.test", "three.test", "nobody.test", w.trustDomain)
		for at, name := range []string{"one.test", "two.test", "three.test"} {
			c.item(name, gone[at].Status, codes.OK, "OK")
			c.equal(name, gone[at].TrustDomain, name)
		}
		c.item("unknown", gone[3].Status, codes.NotFound, "bundle not found")
		c.item("own", gone[4].Status, codes.InvalidArgument, "removing the bundle for the server trust domain is not allowed")
	})

	run("a bundle that entries federate with goes by mode", func(c *check) {
		must(client.BatchSetFederatedBundle(w.ctx, &bundlev1.BatchSetFederatedBundleRequest{Bundle: []*types.Bundle{newBundle("used.test")}}))
		entry := w.register("/sdk/federated", func(e *types.Entry) { e.FederatesWith = []string{"used.test"} })
		c.equal("by name", entry.FederatesWith, []string{"used.test"})
		c.item("restrict", remove(bundlev1.BatchDeleteFederatedBundleRequest_RESTRICT, "used.test")[0].Status, codes.FailedPrecondition, "failed to delete federated bundle: ")
		c.item("dissociate", remove(bundlev1.BatchDeleteFederatedBundleRequest_DISSOCIATE, "used.test")[0].Status, codes.OK, "OK")
		entries := entryv1.NewEntryClient(w.admin)
		kept, err := entries.GetEntry(w.ctx, &entryv1.GetEntryRequest{Id: entry.Id})
		c.ok("kept", err)
		c.equal("no more", len(kept.FederatesWith), 0)
		must(client.BatchSetFederatedBundle(w.ctx, &bundlev1.BatchSetFederatedBundleRequest{Bundle: []*types.Bundle{newBundle("used.test")}}))
		must(entries.BatchUpdateEntry(w.ctx, &entryv1.BatchUpdateEntryRequest{
			Entries: []*types.Entry{{Id: entry.Id, FederatesWith: []string{"used.test"}}}, InputMask: &types.EntryMask{FederatesWith: true},
		}))
		listed := must(entries.ListEntries(w.ctx, &entryv1.ListEntriesRequest{Filter: &entryv1.ListEntriesRequest_Filter{
			ByFederatesWith: &types.FederatesWithMatch{TrustDomains: []string{"used.test"}},
		}})).Entries
		c.equal("listed by it", paths(listed), []string{"/sdk/federated"})
		c.item("delete", remove(bundlev1.BatchDeleteFederatedBundleRequest_DELETE, "used.test")[0].Status, codes.OK, "OK")
		_, err = entries.GetEntry(w.ctx, &entryv1.GetEntryRequest{Id: entry.Id})
		c.refused("gone with it", err, codes.NotFound, "entry not found")
	})
}

func operatingChecks(w *world) {
	run("GetInfo tells of the server", func(c *check) {
		info, err := debugv1.NewDebugClient(w.local).GetInfo(w.ctx, &debugv1.GetInfoRequest{})
		c.ok("info", err)
		c.equal("its SVID", info.SvidChain[0].Id, w.id("/spire/server"))
		c.isTrue("its end", info.SvidChain[0].ExpiresAt > time.Now().Unix())
		c.isTrue("counts", info.AgentsCount > 0 && info.EntriesCount > 0) // of bundles SPIRE counts its own too
	})

	run("the log's level is set and reset", func(c *check) {
		client := loggerv1.NewLoggerClient(w.local)
		got, err := client.GetLogger(w.ctx, &loggerv1.GetLoggerRequest{})
		c.ok("get", err)
		c.equal("at first", got, &types.Logger{CurrentLevel: types.LogLevel_INFO, LaunchLevel: types.LogLevel_INFO})
		set, err := client.SetLogLevel(w.ctx, &loggerv1.SetLogLevelRequest{NewLevel: types.LogLevel_WARN})
		c.ok("set", err)
		c.equal("set", set, &types.Logger{CurrentLevel: types.LogLevel_WARN, LaunchLevel: types.LogLevel_INFO})
		_, err = client.SetLogLevel(w.ctx, &loggerv1.SetLogLevelRequest{})
		c.refused("no level", err, codes.InvalidArgument, "newLevel value cannot be LogLevel_UNSPECIFIED")
		reset, err := client.ResetLogLevel(w.ctx, &loggerv1.ResetLogLevelRequest{})
		c.ok("reset", err)
		c.equal("reset", reset, got)
	})
}
