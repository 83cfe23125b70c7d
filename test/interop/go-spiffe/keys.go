package main

import (
	"context"
	"fmt"
	"sort"

	"github.com/spiffe/go-spiffe/v2/bundle/jwtbundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
	"google.golang.org/grpc/status"
)

// tokens gets a token of each identity through a JWTSource and verifies each by the bundles that the source holds.
func tokens(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("tokens wants audiences")
	}
	source, err := workloadapi.NewJWTSource(ctx)
	if err != nil {
		return err
	}
	defer source.Close()
	params := jwtsvid.Params{Audience: args[0], ExtraAudiences: args[1:]}
	svids, err := source.FetchJWTSVIDs(ctx, params)
	if err != nil {
		return err
	}
	for _, svid := range svids {
		read, err := jwtsvid.ParseAndValidate(svid.Marshal(), source, args[len(args)-1:])
		if err != nil {
			return err
		}
		say(event{Event: "svid", ID: read.ID.String(), Text: svid.Marshal(), Chain: len(read.Audience), Serial: svid.Hint})
	}
	return nil
}

// tokenOf gets the token of one identity.
func tokenOf(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("token-of wants an audience and an ID, got %d arguments", len(args))
	}
	subject, err := spiffeid.FromString(args[1])
	if err != nil {
		return err
	}
	svid, err := workloadapi.FetchJWTSVID(ctx, jwtsvid.Params{Audience: args[0], Subject: subject})
	if err != nil {
		say(event{Event: "error", Code: status.Code(err).String(), Error: err.Error()})
		return nil
	}
	say(event{Event: "svid", ID: svid.ID.String(), Text: svid.Marshal()})
	return nil
}

// check has the agent validate a token, and tells how that fails.
func check(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("check wants an audience and a token, got %d arguments", len(args))
	}
	svid, err := workloadapi.ValidateJWTSVID(ctx, args[1], args[0])
	if err != nil {
		say(event{Event: "error", Code: status.Code(err).String(), Error: err.Error()})
		return nil
	}
	say(event{Event: "svid", ID: svid.ID.String()})
	return nil
}

// watchKeys prints every update and every error of one long stream of JWT bundles.
func watchKeys(ctx context.Context, _ []string) error {
	err := workloadapi.WatchJWTBundles(ctx, keyWatcher{})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

type keyWatcher struct{}

func (keyWatcher) OnJWTBundlesUpdate(bundles *jwtbundle.Set) {
	var keys []string
	for _, bundle := range bundles.Bundles() {
		for id := range bundle.JWTAuthorities() {
			keys = append(keys, bundle.TrustDomain().Name()+" "+id)
		}
	}
	sort.Strings(keys)
	say(event{Event: "update", Bundles: keys, Chain: len(keys)})
}

func (keyWatcher) OnJWTBundlesWatchError(err error) {
	say(event{Event: "error", Code: status.Code(err).String(), Error: err.Error()})
}
