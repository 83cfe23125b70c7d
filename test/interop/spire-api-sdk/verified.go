package main

import (
	"crypto/x509"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/jwtbundle"
	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
	bundlev1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/bundle/v1"
	svidv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/svid/v1"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
)

// bundles are the trust domain's as the Go SDK has them.
func (w *world) bundles(c *check) (*x509bundle.Bundle, *jwtbundle.Bundle) {
	bundle := must(bundlev1.NewBundleClient(w.nobody).GetBundle(w.ctx, &bundlev1.GetBundleRequest{}))
	trustDomain := must(spiffeid.TrustDomainFromString(w.trustDomain))
	byX509, byJWT := x509bundle.New(trustDomain), jwtbundle.New(trustDomain)
	for _, authority := range bundle.X509Authorities {
		byX509.AddX509Authority(must(x509.ParseCertificate(authority.Asn1)))
	}
	for _, authority := range bundle.JwtAuthorities {
		c.ok("key", byJWT.AddJWTAuthority(authority.KeyId, must(x509.ParsePKIXPublicKey(authority.PublicKey))))
		c.isTrue("the key ends later", authority.ExpiresAt > time.Now().Unix())
	}
	return byX509, byJWT
}

func (w *world) checkX509(c *check, svid *types.X509SVID, path string) *x509.Certificate {
	bundle, _ := w.bundles(c)
	var chain []*x509.Certificate
	for _, der := range svid.CertChain {
		chain = append(chain, must(x509.ParseCertificate(der)))
	}
	id, _, err := x509svid.Verify(chain, bundle)
	c.ok("the SDK verifies it", err)
	c.equal("its ID", id.String(), "spiffe://"+w.trustDomain+path)
	c.equal("as told", svid.Id, w.id(path))
	c.equal("its end", chain[0].NotAfter.Unix(), svid.ExpiresAt)
	return chain[0]
}

func (w *world) checkJWT(c *check, svid *types.JWTSVID, path string, audience []string) {
	_, bundle := w.bundles(c)
	parsed, err := jwtsvid.ParseAndValidate(svid.Token, bundle, audience[:1])
	c.ok("the SDK verifies it", err)
	c.equal("its ID", parsed.ID.String(), "spiffe://"+w.trustDomain+path)
	c.equal("as told", svid.Id, w.id(path))
	c.equal("audience", parsed.Audience, audience)
	c.equal("its end", parsed.Expiry.Unix(), svid.ExpiresAt)
	c.isTrue("issued now", svid.IssuedAt >= time.Now().Unix()-5 && svid.IssuedAt <= time.Now().Unix()+5)
}

func verifiedChecks(w *world) {
	admin := svidv1.NewSVIDClient(w.admin)

	run("MintX509SVID signs what an administrator's CSR says, and the Go SDK verifies it", func(c *check) {
		csr := newCSR(newKey(), "spiffe://"+w.trustDomain+"/minted", "one.example.org", "two.example.org")
		minted, err := admin.MintX509SVID(w.ctx, &svidv1.MintX509SVIDRequest{Csr: csr, Ttl: 60})
		c.ok("mint", err)
		leaf := w.checkX509(c, minted.Svid, "/minted")
		c.equal("DNS names", leaf.DNSNames, []string{"one.example.org", "two.example.org"})
		c.equal("lifetime", leaf.NotAfter.Sub(leaf.NotBefore), 70*time.Second)
		c.equal("subject", leaf.Subject.String(), "CN=one.example.org,O=SPIRE,C=US")
	})

	run("the Go SDK verifies what MintJWTSVID signs", func(c *check) {
		minted, err := admin.MintJWTSVID(w.ctx, &svidv1.MintJWTSVIDRequest{Id: w.id("/minted"), Audience: []string{"one", "two"}})
		c.ok("mint", err)
		w.checkJWT(c, minted.Svid, "/minted", []string{"one", "two"})
	})

	run("GetBundle is the trust domain's, masked", func(c *check) {
		client := bundlev1.NewBundleClient(w.nobody)
		whole, err := client.GetBundle(w.ctx, &bundlev1.GetBundleRequest{})
		c.ok("whole", err)
		c.equal("trust domain", whole.TrustDomain, w.trustDomain)
		c.isTrue("authorities", len(whole.X509Authorities) > 0 && len(whole.JwtAuthorities) > 0)
		bare, err := client.GetBundle(w.ctx, &bundlev1.GetBundleRequest{OutputMask: &types.BundleMask{SequenceNumber: true}})
		c.ok("masked", err)
		c.equal("masked", bare, &types.Bundle{TrustDomain: w.trustDomain, SequenceNumber: whole.SequenceNumber})
	})
}
