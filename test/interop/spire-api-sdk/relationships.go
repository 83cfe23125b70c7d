package main

import (
	"strings"

	bundlev1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/bundle/v1"
	trustdomainv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/trustdomain/v1"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

type relationship = types.FederationRelationship

// nowhere is an address at which nobody answers: what a server fetches by itself meanwhile fails at once.
const nowhere = "https://127.0.0.1:1/"

func byWeb(trustDomain string) *relationship {
	return &relationship{
		TrustDomain: trustDomain, BundleEndpointUrl: nowhere + trustDomain,
		BundleEndpointProfile: &types.FederationRelationship_HttpsWeb{HttpsWeb: &types.HTTPSWebProfile{}},
	}
}

func bySPIFFE(trustDomain string, endpoint string) *relationship {
	return &relationship{
		TrustDomain: trustDomain, BundleEndpointUrl: nowhere + trustDomain,
		BundleEndpointProfile: &types.FederationRelationship_HttpsSpiffe{HttpsSpiffe: &types.HTTPSSPIFFEProfile{EndpointSpiffeId: endpoint}},
	}
}

func with(r *relationship, change func(*relationship)) *relationship {
	change(r)
	return r
}

func relationshipChecks(w *world) {
	client := trustdomainv1.NewTrustDomainClient(w.admin)
	create := func(mask *types.FederationRelationshipMask, all ...*relationship) []*trustdomainv1.BatchCreateFederationRelationshipResponse_Result {
		return must(client.BatchCreateFederationRelationship(w.ctx, &trustdomainv1.BatchCreateFederationRelationshipRequest{FederationRelationships: all, OutputMask: mask})).Results
	}
	update := func(in, out *types.FederationRelationshipMask, all ...*relationship) []*trustdomainv1.BatchUpdateFederationRelationshipResponse_Result {
		return must(client.BatchUpdateFederationRelationship(w.ctx, &trustdomainv1.BatchUpdateFederationRelationshipRequest{FederationRelationships: all, InputMask: in, OutputMask: out})).Results
	}
	get := func(name string, mask *types.FederationRelationshipMask) (*relationship, error) {
		return client.GetFederationRelationship(w.ctx, &trustdomainv1.GetFederationRelationshipRequest{TrustDomain: name, OutputMask: mask})
	}
	stored := func(name string) *types.Bundle {
		return must(bundlev1.NewBundleClient(w.admin).GetFederatedBundle(w.ctx, &bundlev1.GetFederatedBundleRequest{TrustDomain: name}))
	}
	first := newBundle("withbundle.test")

	run("federation relationships are created, with and without a bundle, item by item", func(c *check) {
		whole := with(bySPIFFE("withbundle.test", "spiffe://withbundle.test/endpoint"), func(r *relationship) { r.TrustDomainBundle = first })
		web, apart := byWeb("web.test"), bySPIFFE("apart.test", "spiffe://elsewhere.test/endpoint")
		got := create(nil, whole, web, apart)
		for at, want := range []*relationship{whole, web, apart} {
			c.item(want.TrustDomain, got[at].Status, codes.OK, "OK")
			c.equal(want.TrustDomain, got[at].FederationRelationship, want)
			read, err := get(want.TrustDomain, nil)
			c.ok(want.TrustDomain, err)
			c.equal(want.TrustDomain+" read", read, want)
		}
		c.equal("its bundle", stored("withbundle.test"), first)
		masked := create(&types.FederationRelationshipMask{BundleEndpointUrl: true}, byWeb("masked.test"))
		c.equal("masked", masked[0].FederationRelationship, &relationship{TrustDomain: "masked.test", BundleEndpointUrl: nowhere + "masked.test"})
		bare := create(&types.FederationRelationshipMask{}, byWeb("bare.test"))
		c.equal("bare", bare[0].FederationRelationship, &relationship{TrustDomain: "bare.test"})
		asID := create(nil, byWeb("spiffe://asid.test"))
		c.item("as an ID", asID[0].Status, codes.OK, "OK")
		c.equal("by its name", asID[0].FederationRelationship.TrustDomain, "asid.test")
	})

	run("what is no federation relationship is refused, and nothing else of its batch", func(c *check) {
		converting := "failed to convert federation relationship: "
		wrong := []struct {
			what string
			item *relationship
			text string
		}{
			{"own", byWeb(w.trustDomain), "unable to create federation relationship for server trust domain"},
			{"no name", byWeb(""), converting + "failed to parse trust domain: trust domain is missing"},
			{"bad name", byWeb("not a name!"), converting + "failed to parse trust domain: "},
			{"http", with(byWeb("x.test"), func(r *relationship) { r.BundleEndpointUrl = "http://x.test" }), converting + "bundle endpoint URL must use the https scheme"},
			{"no URL", with(byWeb("x.test"), func(r *relationship) { r.BundleEndpointUrl = "" }), converting + "bundle endpoint URL must use the https scheme"},
			{"no host", with(byWeb("x.test"), func(r *relationship) { r.BundleEndpointUrl = "https:///x" }), converting + "bundle endpoint URL must specify the host"},
			{"a password", with(byWeb("x.test"), func(r *relationship) { r.BundleEndpointUrl = "https://a:b@x.test" }), converting + "bundle endpoint URL must not contain user info"},
			{"no profile", with(byWeb("x.test"), func(r *relationship) { r.BundleEndpointProfile = nil }), converting + "unsupported bundle endpoint profile type: <nil>"},
			{"no endpoint", bySPIFFE("x.test", ""), converting + "failed to parse endpoint SPIFFE ID: "},
			{"bad endpoint", bySPIFFE("x.test", "https://x.test"), converting + "failed to parse endpoint SPIFFE ID: "},
			{"another's bundle", with(byWeb("x.test"), func(r *relationship) { r.TrustDomainBundle = newBundle("y.test") }),
				converting + `trust domain bundle ("y.test") must match the trust domain of the federation relationship ("x.test")`},
			{"no certificate", with(byWeb("x.test"), func(r *relationship) {
				r.TrustDomainBundle = &types.Bundle{TrustDomain: "x.test", X509Authorities: []*types.X509Certificate{{Asn1: []byte("x")}}}
			}), converting + "failed to parse bundle: unable to parse X.509 authority: "},
		}
		var items []*relationship
		for _, one := range wrong {
			items = append(items, one.item)
		}
		got := create(nil, append(items, byWeb("last.test"))...)
		for at, one := range wrong {
			c.item(one.what, got[at].Status, codes.InvalidArgument, one.text)
			c.isTrue(one.what+" is not shown", got[at].FederationRelationship == nil)
		}
		c.item("the last", got[len(wrong)].Status, codes.OK, "OK")
		_, err := get("x.test", nil)
		c.refused("x.test", err, codes.NotFound, "federation relationship does not exist")
		twice := create(nil, byWeb("last.test"))[0].Status // by other words, and another code: ours is AlreadyExists
		c.isTrue("not twice", twice.Code != 0 && strings.HasPrefix(twice.Message, "failed to create federation relationship: "))
	})

	run("federation relationships are read and listed, masked and in pages", func(c *check) {
		for name, text := range map[string]string{"not a name!": "failed to parse trust domain: ", "": "failed to parse trust domain: "} {
			_, err := get(name, nil)
			c.refused(name, err, codes.InvalidArgument, text)
		}
		_, err := get("nobody.test", nil)
		c.refused("unknown", err, codes.NotFound, "federation relationship does not exist")
		masked, err := get("withbundle.test", &types.FederationRelationshipMask{TrustDomainBundle: true})
		c.ok("masked", err)
		c.equal("masked", masked, &relationship{TrustDomain: "withbundle.test", TrustDomainBundle: first})
		want := []string{"apart.test", "asid.test", "bare.test", "last.test", "masked.test", "web.test", "withbundle.test"}
		var paged []string
		pages := 0
		for token := ""; ; pages++ {
			page, err := client.ListFederationRelationships(w.ctx, &trustdomainv1.ListFederationRelationshipsRequest{PageSize: 2, PageToken: token, OutputMask: &types.FederationRelationshipMask{}})
			c.ok("page", err)
			for _, one := range page.FederationRelationships {
				c.equal("bare", one, &relationship{TrustDomain: one.TrustDomain})
				paged = append(paged, one.TrustDomain)
			}
			if token = page.NextPageToken; token == "" {
				break
			}
		}
		c.equal("in pages", sorted(paged), want)
		c.equal("pages, the last of them empty", pages, 4)
		all, err := client.ListFederationRelationships(w.ctx, &trustdomainv1.ListFederationRelationshipsRequest{})
		c.ok("all", err)
		var names []string
		for _, one := range all.FederationRelationships {
			names = append(names, one.TrustDomain)
		}
		c.equal("at once", sorted(names), want)
		_, err = client.ListFederationRelationships(w.ctx, &trustdomainv1.ListFederationRelationshipsRequest{PageSize: 1, PageToken: "x"})
		c.isTrue("no token", strings.HasPrefix(status.Convert(err).Message(), "failed to list federation relationships: ")) // the code is InvalidArgument of ours
	})

	run("federation relationships are updated, all of them or what the mask names", func(c *check) {
		next := newBundle("web.test")
		whole := with(bySPIFFE("web.test", "spiffe://web.test/endpoint"), func(r *relationship) { r.TrustDomainBundle = next })
		got := update(nil, nil, whole)
		c.item("whole", got[0].Status, codes.OK, "OK")
		c.equal("whole", got[0].FederationRelationship, whole)
		c.equal("its bundle", stored("web.test"), next)
		back := update(&types.FederationRelationshipMask{BundleEndpointProfile: true}, nil, with(byWeb("web.test"), func(r *relationship) { r.BundleEndpointUrl = nowhere + "other" }))
		c.item("profile alone", back[0].Status, codes.OK, "OK")
		c.equal("profile alone", back[0].FederationRelationship, with(byWeb("web.test"), func(r *relationship) { r.TrustDomainBundle = next }))
		kept := update(nil, &types.FederationRelationshipMask{TrustDomainBundle: true}, byWeb("web.test"))
		c.equal("no bundle leaves the one that is there", kept[0].FederationRelationship, &relationship{TrustDomain: "web.test", TrustDomainBundle: next})
		refused := update(nil, nil, byWeb("not a name!"), byWeb("nobody.test"), byWeb("web.test"))
		c.item("bad name", refused[0].Status, codes.InvalidArgument, "failed to convert federation relationship: failed to parse trust domain: ")
		c.isTrue("unknown", refused[1].Status.Code != 0 && strings.HasPrefix(refused[1].Status.Message, "failed to update federation relationship: "))
		c.item("the last", refused[2].Status, codes.OK, "OK")
	})

	run("a bundle is fetched anew for relationships alone", func(c *check) {
		refresh := func(name string) error {
			_, err := client.RefreshBundle(w.ctx, &trustdomainv1.RefreshBundleRequest{TrustDomain: name})
			return err
		}
		c.refused("unknown", refresh("nobody.test"), codes.NotFound, `no relationship with trust domain "nobody.test"`)
		c.refused("own", refresh(w.trustDomain), codes.NotFound, `no relationship with trust domain "`+w.trustDomain+`"`)
		c.refused("no name", refresh("not a name!"), codes.InvalidArgument, "failed to parse trust domain: ")
	})

	run("federation relationships are deleted, and their bundles stay", func(c *check) {
		names := []string{"withbundle.test", "spiffe://web.test", "apart.test", "asid.test", "bare.test", "masked.test", "last.test"}
		got := must(client.BatchDeleteFederationRelationship(w.ctx, &trustdomainv1.BatchDeleteFederationRelationshipRequest{
			TrustDomains: append(names, "nobody.test", "web.test", "", "not a name!"),
		})).Results
		for at, name := range names {
			c.item(name, got[at].Status, codes.OK, "OK")
			c.equal(name, got[at].TrustDomain, strings.TrimPrefix(name, "spiffe://"))
		}
		rest := got[len(names):]
		c.item("unknown", rest[0].Status, codes.NotFound, "federation relationship not found")
		c.item("twice", rest[1].Status, codes.NotFound, "federation relationship not found")
		c.item("no name", rest[2].Status, codes.InvalidArgument, "missing trust domain")
		c.item("bad name", rest[3].Status, codes.InvalidArgument, "failed to parse trust domain: ")
		c.equal("as asked for", rest[3].TrustDomain, "not a name!")
		c.equal("its bundle", stored("withbundle.test"), first)
		removed := must(bundlev1.NewBundleClient(w.admin).BatchDeleteFederatedBundle(w.ctx, &bundlev1.BatchDeleteFederatedBundleRequest{TrustDomains: []string{"withbundle.test", "web.test"}})).Results
		for _, one := range removed {
			c.item("bundle of "+one.TrustDomain, one.Status, codes.OK, "OK")
		}
	})
}
