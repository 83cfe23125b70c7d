package main

import (
	bundlev1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/bundle/v1"
	localauthorityv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/localauthority/v1"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
	"google.golang.org/grpc/codes"
)

type authorityState = localauthorityv1.AuthorityState

// kind is one kind of authority: its five RPCs, and the words that are its own.
type kind struct {
	name     string
	state    func() (active, prepared, old *authorityState, err error)
	prepare  func() (*authorityState, error)
	activate func(id string) (*authorityState, error)
	taint    func(id string) (*authorityState, error)
	revoke   func(id string) (*authorityState, error)
	// tainted are the marks of those in the bundle.
	tainted func(bundle *types.Bundle) []bool

	preparedNotRevoked, unknownNotRevoked, alreadyTainted, untainted, gone string
}

func (w *world) x509Kind(client localauthorityv1.LocalAuthorityClient) kind {
	return kind{
		name: "X.509",
		state: func() (*authorityState, *authorityState, *authorityState, error) {
			r, err := client.GetX509AuthorityState(w.ctx, &localauthorityv1.GetX509AuthorityStateRequest{})
			return r.GetActive(), r.GetPrepared(), r.GetOld(), err
		},
		prepare: func() (*authorityState, error) {
			r, err := client.PrepareX509Authority(w.ctx, &localauthorityv1.PrepareX509AuthorityRequest{})
			return r.GetPreparedAuthority(), err
		},
		activate: func(id string) (*authorityState, error) {
			r, err := client.ActivateX509Authority(w.ctx, &localauthorityv1.ActivateX509AuthorityRequest{AuthorityId: id})
			return r.GetActivatedAuthority(), err
		},
		taint: func(id string) (*authorityState, error) {
			r, err := client.TaintX509Authority(w.ctx, &localauthorityv1.TaintX509AuthorityRequest{AuthorityId: id})
			return r.GetTaintedAuthority(), err
		},
		revoke: func(id string) (*authorityState, error) {
			r, err := client.RevokeX509Authority(w.ctx, &localauthorityv1.RevokeX509AuthorityRequest{AuthorityId: id})
			return r.GetRevokedAuthority(), err
		},
		tainted: func(bundle *types.Bundle) (marks []bool) {
			for _, one := range bundle.X509Authorities {
				marks = append(marks, one.Tainted)
			}
			return marks
		},
		preparedNotRevoked: "only Old local authority can be revoked",
		unknownNotRevoked:  "only Old local authority can be revoked",
		alreadyTainted:     "root CA is already tainted",
		untainted:          "it is not possible to revoke an untainted root CA",
		gone:               "no root CA found with provided subject key ID",
	}
}

func (w *world) jwtKind(client localauthorityv1.LocalAuthorityClient) kind {
	return kind{
		name: "JWT",
		state: func() (*authorityState, *authorityState, *authorityState, error) {
			r, err := client.GetJWTAuthorityState(w.ctx, &localauthorityv1.GetJWTAuthorityStateRequest{})
			return r.GetActive(), r.GetPrepared(), r.GetOld(), err
		},
		prepare: func() (*authorityState, error) {
			r, err := client.PrepareJWTAuthority(w.ctx, &localauthorityv1.PrepareJWTAuthorityRequest{})
			return r.GetPreparedAuthority(), err
		},
		activate: func(id string) (*authorityState, error) {
			r, err := client.ActivateJWTAuthority(w.ctx, &localauthorityv1.ActivateJWTAuthorityRequest{AuthorityId: id})
			return r.GetActivatedAuthority(), err
		},
		taint: func(id string) (*authorityState, error) {
			r, err := client.TaintJWTAuthority(w.ctx, &localauthorityv1.TaintJWTAuthorityRequest{AuthorityId: id})
			return r.GetTaintedAuthority(), err
		},
		revoke: func(id string) (*authorityState, error) {
			r, err := client.RevokeJWTAuthority(w.ctx, &localauthorityv1.RevokeJWTAuthorityRequest{AuthorityId: id})
			return r.GetRevokedAuthority(), err
		},
		tainted: func(bundle *types.Bundle) (marks []bool) {
			for _, one := range bundle.JwtAuthorities {
				marks = append(marks, one.Tainted)
			}
			return marks
		},
		preparedNotRevoked: "unable to use a prepared key",
		unknownNotRevoked:  "no JWT authority found with provided authority ID",
		alreadyTainted:     "key is already tainted",
		untainted:          "it is not possible to revoke an untainted key",
		gone:               "no JWT Key found with provided key ID",
	}
}

// authorityChecks revoke what signed the callers over TLS: nothing calls as one of them afterwards.
func authorityChecks(w *world) {
	client := localauthorityv1.NewLocalAuthorityClient(w.local)
	w.replace(w.x509Kind(client))
	w.replace(w.jwtKind(client))

	run("there is no upstream authority", func(c *check) {
		text := "upstream authority is not configured"
		_, err := client.TaintX509UpstreamAuthority(w.ctx, &localauthorityv1.TaintX509UpstreamAuthorityRequest{SubjectKeyId: "aa"})
		c.refused("taint", err, codes.FailedPrecondition, text)
		_, err = client.RevokeX509UpstreamAuthority(w.ctx, &localauthorityv1.RevokeX509UpstreamAuthorityRequest{SubjectKeyId: "aa"})
		c.refused("revoke", err, codes.FailedPrecondition, text)
	})
}

// replace is a whole story of one kind, and every refusal on its way.
func (w *world) replace(k kind) {
	refused := func(c *check, deed func(string) (*authorityState, error), id string, code codes.Code, text string) {
		_, err := deed(id)
		c.refused(id, err, code, text)
	}
	bundle := func() *types.Bundle {
		return must(bundlev1.NewBundleClient(w.local).GetBundle(w.ctx, &bundlev1.GetBundleRequest{}))
	}
	var first, second string

	run(k.name+" authorities: prepared, in the bundle at once, and told of", func(c *check) {
		active, _, old, err := k.state()
		c.ok("state", err)
		c.isTrue("none is old", old == nil)
		first = active.AuthorityId
		before := bundle()
		made, err := k.prepare()
		c.ok("prepare", err)
		second = made.AuthorityId
		_, prepared, _, err := k.state()
		c.ok("state", err)
		c.equal("prepared", prepared, made)
		after := bundle()
		c.equal("marks", k.tainted(after), append(k.tainted(before), false))
		c.isTrue("the sequence number grows", after.SequenceNumber > before.SequenceNumber)
	})

	run(k.name+" authorities: refused while one is prepared", func(c *check) {
		for _, deed := range []func(string) (*authorityState, error){k.activate, k.taint} {
			refused(c, deed, "", codes.InvalidArgument, "no authority ID provided")
			refused(c, deed, "unknown", codes.InvalidArgument, "unexpected authority ID")
		}
		refused(c, k.activate, first, codes.InvalidArgument, "unexpected authority ID")
		refused(c, k.taint, first, codes.InvalidArgument, "unable to taint current local authority")
		refused(c, k.taint, second, codes.InvalidArgument, "only Old local authorities can be tainted: unsupported local authority status: PREPARED")
		refused(c, k.revoke, "", codes.InvalidArgument, "invalid authority ID: no authority ID provided")
		refused(c, k.revoke, first, codes.InvalidArgument, "invalid authority ID: unable to use current authority")
		refused(c, k.revoke, second, codes.InvalidArgument, "invalid authority ID: "+k.preparedNotRevoked)
		refused(c, k.revoke, "unknown", codes.InvalidArgument, "invalid authority ID: "+k.unknownNotRevoked)
	})

	run(k.name+" authorities: activated, tainted and revoked, each once", func(c *check) {
		activated, err := k.activate(second)
		c.ok("activate", err)
		active, _, old, err := k.state()
		c.ok("state", err)
		c.equal("active", active, activated)
		c.equal("old", old.GetAuthorityId(), first)
		refused(c, k.activate, first, codes.Internal, "only Prepared authorities can be activated: unsupported local authority status: OLD")
		refused(c, k.revoke, first, codes.Internal, "failed to revoke "+k.name+" authority: "+k.untainted)

		number := bundle().SequenceNumber
		tainted, err := k.taint(first)
		c.ok("taint", err)
		c.equal("tainted", tainted.GetAuthorityId(), first)
		c.equal("sequence number", bundle().SequenceNumber, number+1)
		refused(c, k.taint, first, codes.Internal, "failed to taint "+k.name+" authority: "+k.alreadyTainted)

		count := len(k.tainted(bundle()))
		revoked, err := k.revoke(first)
		c.ok("revoke", err)
		c.equal("revoked", revoked.GetAuthorityId(), first)
		c.equal("left", len(k.tainted(bundle())), count-1)
		refused(c, k.revoke, first, codes.Internal, "failed to revoke "+k.name+" authority: "+k.gone)
	})
}
