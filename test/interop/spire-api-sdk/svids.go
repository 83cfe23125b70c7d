package main

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"sort"
	"strings"
	"time"

	bundlev1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/bundle/v1"
	svidv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/svid/v1"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
	"google.golang.org/grpc/codes"
)

// token is a JWT-SVID taken apart: header and claims by their names.
type token struct {
	header, claims map[string]any
	signed, sign   string
}

func parseToken(text string) (*token, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, errors.New("not three parts")
	}
	t := &token{signed: parts[0] + "." + parts[1], sign: parts[2]}
	for part, into := range map[string]*map[string]any{parts[0]: &t.header, parts[1]: &t.claims} {
		bytes, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(bytes, into); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// isSignedBy says whether the bundle's key of that id has signed it (ES256).
func (t *token) isSignedBy(bundle *types.Bundle) bool {
	signature, err := base64.RawURLEncoding.DecodeString(t.sign)
	if err != nil || len(signature) != 64 || t.header["alg"] != "ES256" {
		return false
	}
	hash := sha256.Sum256([]byte(t.signed))
	for _, authority := range bundle.JwtAuthorities {
		if authority.KeyId != t.header["kid"] {
			continue
		}
		key, err := x509.ParsePKIXPublicKey(authority.PublicKey)
		public, isECDSA := key.(*ecdsa.PublicKey)
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return err == nil && isECDSA && ecdsa.Verify(public, hash[:], r, s)
	}
	return false
}

func names(members map[string]any) []string {
	all := []string{}
	for name := range members {
		all = append(all, name)
	}
	sort.Strings(all)
	return all
}

// checkToken holds a token to the profile, and to what the answer says of it.
func (w *world) checkToken(c *check, svid *types.JWTSVID, path string, audience []any, lifetime int64) {
	t, err := parseToken(svid.GetToken())
	c.ok("token", err)
	c.equal("header", names(t.header), []string{"alg", "kid", "typ"})
	c.equal("type", t.header["typ"], "JWT")
	c.equal("claims", names(t.claims), []string{"aud", "exp", "iat", "sub"})
	c.equal("subject", t.claims["sub"], "spiffe://"+w.trustDomain+path)
	c.equal("audience", t.claims["aud"], audience)
	c.equal("issued", t.claims["iat"], float64(svid.IssuedAt))
	c.equal("expires", t.claims["exp"], float64(svid.ExpiresAt))
	c.equal("lifetime", svid.ExpiresAt-svid.IssuedAt, lifetime)
	c.equal("ID", svid.Id, w.id(path))
	bundle := must(bundlev1.NewBundleClient(w.local).GetBundle(w.ctx, &bundlev1.GetBundleRequest{}))
	c.isTrue("a key of the bundle has signed", t.isSignedBy(bundle))
}

func svidChecks(w *world) {
	local, agent := svidv1.NewSVIDClient(w.local), svidv1.NewSVIDClient(w.agent)
	entry := w.register("/sdk/tokens", func(e *types.Entry) { e.JwtSvidTtl, e.X509SvidTtl = 70, 60 })

	run("NewJWTSVID signs what its entry says", func(c *check) {
		request := &svidv1.NewJWTSVIDRequest{EntryId: entry.Id, Audience: []string{"one", "two"}}
		var response *svidv1.NewJWTSVIDResponse
		eventually(c, "the entry is known", func() bool {
			var err error
			response, err = agent.NewJWTSVID(w.ctx, request)
			return err == nil
		})
		w.checkToken(c, response.GetSvid(), "/sdk/tokens", []any{"one", "two"}, 70)
		one, err := agent.NewJWTSVID(w.ctx, &svidv1.NewJWTSVIDRequest{EntryId: entry.Id, Audience: []string{"", "one"}})
		c.ok("an empty audience is left out", err)
		w.checkToken(c, one.GetSvid(), "/sdk/tokens", []any{"one"}, 70)
	})

	run("NewJWTSVID refuses", func(c *check) {
		_, err := agent.NewJWTSVID(w.ctx, &svidv1.NewJWTSVIDRequest{EntryId: "none", Audience: []string{"one"}})
		c.refused("an entry that is not there", err, codes.NotFound, "entry not found or not authorized")
		_, err = agent.NewJWTSVID(w.ctx, &svidv1.NewJWTSVIDRequest{EntryId: entry.Id})
		c.refused("no audience", err, codes.InvalidArgument, "at least one audience is required")
	})

	run("MintJWTSVID signs for whom it is told", func(c *check) {
		response, err := local.MintJWTSVID(w.ctx, &svidv1.MintJWTSVIDRequest{Id: w.id("/sdk/minted"), Audience: []string{"one"}, Ttl: 30})
		c.ok("minted", err)
		w.checkToken(c, response.GetSvid(), "/sdk/minted", []any{"one"}, 30)
		response, err = local.MintJWTSVID(w.ctx, &svidv1.MintJWTSVIDRequest{Id: w.id("/sdk/minted"), Audience: []string{"one"}})
		c.ok("minted by default", err)
		w.checkToken(c, response.GetSvid(), "/sdk/minted", []any{"one"}, 300)
		long, err := local.MintJWTSVID(w.ctx, &svidv1.MintJWTSVIDRequest{Id: w.id("/sdk/minted"), Audience: []string{"one"}, Ttl: 1 << 30})
		c.ok("minted for long", err)
		bundle := must(bundlev1.NewBundleClient(w.local).GetBundle(w.ctx, &bundlev1.GetBundleRequest{}))
		t, err := parseToken(long.GetSvid().GetToken())
		c.ok("token", err)
		for _, authority := range bundle.JwtAuthorities {
			if authority.KeyId == t.header["kid"] {
				c.equal("it ends with its key", long.Svid.ExpiresAt, authority.ExpiresAt)
			}
		}
	})

	run("MintJWTSVID refuses", func(c *check) {
		for what, wrong := range map[string]*types.SPIFFEID{
			"no ID":                nil,
			"no path":              {TrustDomain: w.trustDomain},
			"another trust domain": {TrustDomain: "elsewhere.test", Path: "/a"},
			"a reserved path":      w.id("/spire/server"),
			"an odd path":          w.id("/a//b"),
		} {
			_, err := local.MintJWTSVID(w.ctx, &svidv1.MintJWTSVIDRequest{Id: wrong, Audience: []string{"one"}})
			c.refused(what, err, codes.InvalidArgument, "invalid SPIFFE ID: ")
		}
		_, err := local.MintJWTSVID(w.ctx, &svidv1.MintJWTSVIDRequest{Id: w.id("/sdk/minted")})
		c.refused("no audience", err, codes.InvalidArgument, "at least one audience is required")
	})

	run("BatchNewX509SVID decides each item by itself", func(c *check) {
		key := newKey()
		good, forged := newCSR(key, ""), newCSR(key, "")
		forged[len(forged)-1] ^= 1
		response, err := agent.BatchNewX509SVID(w.ctx, &svidv1.BatchNewX509SVIDRequest{Params: []*svidv1.NewX509SVIDParams{
			{EntryId: entry.Id, Csr: good},
			{Csr: good},
			{EntryId: entry.Id},
			{EntryId: "none", Csr: good},
			{EntryId: entry.Id, Csr: []byte("no CSR")},
			{EntryId: entry.Id, Csr: forged},
		}})
		c.ok("batch", err)
		c.equal("results", len(response.Results), 6)
		c.item("good", response.Results[0].Status, codes.OK, "OK")
		c.item("no entry", response.Results[1].Status, codes.InvalidArgument, "missing entry ID")
		c.item("no CSR", response.Results[2].Status, codes.InvalidArgument, "missing CSR")
		c.item("unknown", response.Results[3].Status, codes.NotFound, "entry not found or not authorized")
		c.item("malformed", response.Results[4].Status, codes.InvalidArgument, "malformed CSR: ")
		c.item("forged", response.Results[5].Status, codes.InvalidArgument, "invalid CSR signature: ")
		svid := response.Results[0].Svid
		leaf, err := x509.ParseCertificate(svid.GetCertChain()[0])
		c.ok("certificate", err)
		c.equal("ID", leaf.URIs[0].String(), "spiffe://"+w.trustDomain+"/sdk/tokens")
		c.equal("expires", svid.ExpiresAt, leaf.NotAfter.Unix())
		life := leaf.NotAfter.Sub(leaf.NotBefore)
		c.isTrue("a minute, and ten seconds for slow clocks", life >= 69*time.Second && life <= 71*time.Second)
		c.isTrue("it is for the key of the CSR", key.Public().(*ecdsa.PublicKey).Equal(leaf.PublicKey))
		_, err = agent.BatchNewX509SVID(w.ctx, &svidv1.BatchNewX509SVIDRequest{})
		c.refused("nothing", err, codes.InvalidArgument, "missing parameters")
	})

	run("MintX509SVID refuses", func(c *check) {
		key := newKey()
		forged := newCSR(key, "spiffe://"+w.trustDomain+"/a")
		forged[len(forged)-1] ^= 1
		for _, wrong := range []struct {
			csr  []byte
			text string
		}{
			{nil, "missing CSR"},
			{[]byte("no CSR"), "malformed CSR: "},
			{forged, "failed to verify CSR signature: "},
			{newCSR(key, ""), "CSR URI SAN is required"},
			{newCSR(key, "https://"+w.trustDomain+"/a"), "CSR URI SAN is invalid: "},
			{newCSR(key, "spiffe://elsewhere.test/a"), "CSR URI SAN is invalid: "},
			{newCSR(key, "spiffe://"+w.trustDomain+"/spire/agent/a"), "CSR URI SAN is invalid: "},
			{newCSR(key, "spiffe://"+w.trustDomain+"/a", "a.*.example"), "CSR DNS name is invalid: "},
			{newCSR(key, "spiffe://"+w.trustDomain+"/a", "a.example", "*.example"), "CSR DNS name contains a wildcard that covers another non-wildcard name: "},
		} {
			_, err := local.MintX509SVID(w.ctx, &svidv1.MintX509SVIDRequest{Csr: wrong.csr})
			c.refused(wrong.text, err, codes.InvalidArgument, wrong.text)
		}
	})
}
