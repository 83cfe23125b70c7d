package main

import (
	"context"
	"errors"

	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

// token gets a token through a JWTSource, and verifies it by the source's bundles.
func token(ctx context.Context, audience []string) error {
	if len(audience) == 0 {
		return errors.New("token takes audiences")
	}
	source, err := workloadapi.NewJWTSource(ctx)
	if err != nil {
		return err
	}
	defer source.Close()
	params := jwtsvid.Params{Audience: audience[0], ExtraAudiences: audience[1:]}
	svid, err := source.FetchJWTSVID(ctx, params)
	if err != nil {
		return err
	}
	verified, err := jwtsvid.ParseAndValidate(svid.Marshal(), source, audience)
	if err != nil {
		return err
	}
	say(event{Event: "token", ID: verified.ID.String(), Text: svid.Marshal()})
	return nil
}

// validate has a token verified by the Workload API, and by the bundles that it gives.
func validate(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("validate takes an audience and a token")
	}
	client, err := workloadapi.New(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	bundles, err := client.FetchJWTBundles(ctx)
	if err != nil {
		return err
	}
	own, err := jwtsvid.ParseAndValidate(args[1], bundles, args[:1])
	if err != nil {
		return err
	}
	answered, err := client.ValidateJWTSVID(ctx, args[1], args[0])
	if err != nil {
		return err
	}
	say(event{Event: "token", ID: answered.ID.String(), Text: own.ID.String()})
	return nil
}
