package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"os"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/exp/svid/witsvid"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
)

// verification is what `verify` reads from its standard input.
type verification struct {
	TrustDomain string          `json:"trust_domain"`
	Bundle      json.RawMessage `json:"bundle"`
	Kind        string          `json:"kind"`
	Audience    string          `json:"audience"`
	Token       string          `json:"token"`
}

// verify says whose token it is and what it claims, by a bundle that it is given: no Workload API is asked.
func verify(context.Context, []string) error {
	var given verification
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		return err
	}
	trustDomain, err := spiffeid.TrustDomainFromString(given.TrustDomain)
	if err != nil {
		return err
	}
	bundle, err := spiffebundle.Parse(trustDomain, given.Bundle)
	if err != nil {
		return err
	}
	if given.Kind == "wit" {
		svid, err := witsvid.ParseAndValidate(given.Token, bundle)
		if err != nil {
			return err
		}
		key, err := x509.MarshalPKIXPublicKey(svid.PublicKey)
		if err != nil {
			return err
		}
		return tell(svid.ID, map[string]any{"key": key})
	}
	svid, err := jwtsvid.ParseAndValidate(given.Token, bundle, []string{given.Audience})
	if err != nil {
		return err
	}
	return tell(svid.ID, svid.Claims)
}

func tell(id spiffeid.ID, claims map[string]any) error {
	text, err := json.Marshal(claims)
	if err != nil {
		return err
	}
	say(event{Event: "answer", ID: id.String(), Text: string(text)})
	return nil
}
