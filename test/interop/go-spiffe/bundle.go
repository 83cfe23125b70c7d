package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
)

// bundle reads the SPIFFE bundle of a trust domain from a file and writes it again.
func bundle(_ context.Context, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("bundle wants a trust domain and a file, got %d arguments", len(args))
	}
	td, err := spiffeid.TrustDomainFromString(args[0])
	if err != nil {
		return err
	}
	text, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	read, err := spiffebundle.Parse(td, text)
	if err != nil {
		return err
	}
	written, err := read.Marshal()
	if err != nil {
		return err
	}
	say(event{Event: "answer", ID: read.TrustDomain().Name(), Chain: len(read.X509Authorities()), Text: string(written)})
	return nil
}
