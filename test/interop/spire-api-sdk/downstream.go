package main

import (
	"crypto/ecdsa"
	"crypto/x509"
	"time"

	bundlev1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/bundle/v1"
	svidv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/svid/v1"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
	"google.golang.org/grpc/codes"
)

const downstreamTTL = 5 * time.Minute

// downstreamChecks are of a server below this one.
func downstreamChecks(w *world) {
	run("NewDownstreamX509CA signs a CA of the trust domain, for as long as is wished", func(c *check) {
		client := svidv1.NewSVIDClient(w.downstream)
		key := newKey()
		response, err := client.NewDownstreamX509CA(w.ctx, &svidv1.NewDownstreamX509CARequest{
			Csr: newCSR(key, "spiffe://"+w.trustDomain), PreferredTtl: int32(downstreamTTL / time.Second),
		})
		c.ok("sign", err)
		ca := must(x509.ParseCertificate(response.CaCertChain[0]))
		roots := x509.NewCertPool()
		for _, der := range response.X509Authorities {
			roots.AddCert(must(x509.ParseCertificate(der)))
		}
		bundle := must(bundlev1.NewBundleClient(w.nobody).GetBundle(w.ctx, &bundlev1.GetBundleRequest{}))
		c.equal("all roots", len(response.X509Authorities), len(bundle.X509Authorities))
		_, err = ca.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
		c.ok("verify", err)
		c.equal("without roots in it", len(response.CaCertChain), 1)
		c.isTrue("its key", ca.PublicKey.(*ecdsa.PublicKey).Equal(key.Public()))
		c.equal("its ID", ca.URIs[0].String(), "spiffe://"+w.trustDomain)
		c.isTrue("a CA", ca.IsCA && ca.BasicConstraintsValid)
		c.equal("usage", ca.KeyUsage, x509.KeyUsageCertSign|x509.KeyUsageCRLSign)
		left := time.Until(ca.NotAfter)
		c.isTrue("as long as wished", left <= downstreamTTL && left > downstreamTTL-time.Minute)

		for _, name := range []string{"", "spiffe://elsewhere.test", "spiffe://" + w.trustDomain + "/x"} {
			response, err := client.NewDownstreamX509CA(w.ctx, &svidv1.NewDownstreamX509CARequest{Csr: newCSR(key, name)})
			c.ok("whatever it calls itself", err)
			c.equal("its ID", must(x509.ParseCertificate(response.CaCertChain[0])).URIs[0].String(), "spiffe://"+w.trustDomain)
		}

		for _, wrong := range []struct {
			what, text string
			csr        []byte
		}{
			{"nothing", "malformed CSR: ", nil},
			{"no CSR", "malformed CSR: ", []byte("x")},
		} {
			_, err := client.NewDownstreamX509CA(w.ctx, &svidv1.NewDownstreamX509CARequest{Csr: wrong.csr})
			c.refused(wrong.what, err, codes.InvalidArgument, wrong.text)
		}
	})

	run("PublishJWTAuthority adds a key to the bundle, and none twice", func(c *check) {
		client := bundlev1.NewBundleClient(w.downstream)
		before := must(bundlev1.NewBundleClient(w.nobody).GetBundle(w.ctx, &bundlev1.GetBundleRequest{}))
		key := &types.JWTKey{
			KeyId: "downstream", PublicKey: must(x509.MarshalPKIXPublicKey(newKey().Public())), ExpiresAt: time.Now().Add(time.Hour).Unix(),
		}
		for _, time := range []string{"once", "again"} {
			response, err := client.PublishJWTAuthority(w.ctx, &bundlev1.PublishJWTAuthorityRequest{JwtAuthority: key})
			c.ok(time, err)
			c.equal(time, len(response.JwtAuthorities), len(before.JwtAuthorities)+1)
			c.equal(time, response.JwtAuthorities[len(before.JwtAuthorities)], key)
		}
		after := must(bundlev1.NewBundleClient(w.nobody).GetBundle(w.ctx, &bundlev1.GetBundleRequest{}))
		c.equal("in the bundle", after.JwtAuthorities[len(after.JwtAuthorities)-1], key)
		c.equal("sequence number", after.SequenceNumber, before.SequenceNumber+1)
		for _, wrong := range []struct {
			what, text string
			key        *types.JWTKey
		}{
			{"nothing", "missing JWT authority", nil},
			{"no key ID", "invalid JWT authority: missing key ID", &types.JWTKey{PublicKey: key.PublicKey}},
			{"no key", "invalid JWT authority: ", &types.JWTKey{KeyId: "x"}},
			{"a bad key", "invalid JWT authority: ", &types.JWTKey{KeyId: "x", PublicKey: []byte("x")}},
		} {
			_, err := client.PublishJWTAuthority(w.ctx, &bundlev1.PublishJWTAuthorityRequest{JwtAuthority: wrong.key})
			c.refused(wrong.what, err, codes.InvalidArgument, wrong.text)
		}
	})
}
