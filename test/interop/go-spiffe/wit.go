package main

import (
	"context"
	"crypto/ecdsa"
	"fmt"

	"github.com/spiffe/go-spiffe/v2/exp/svid/witsvid"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
	"google.golang.org/grpc/status"
)

// wit gets the WIT-SVID of an identity through a WITSource, verifies it by the bundles that the source holds, and looks
// whether the key that came with it is the one that it names. It does so again whenever the source has another.
func wit(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("wit wants an ID, got %d arguments", len(args))
	}
	id, err := spiffeid.FromString(args[0])
	if err != nil {
		return err
	}
	source, err := workloadapi.NewWITSource(ctx)
	if err != nil {
		say(event{Event: "error", Code: status.Code(err).String(), Error: err.Error()})
		return nil
	}
	defer source.Close()
	for {
		if err := tellWit(source, id); err != nil {
			return err
		}
		if source.WaitUntilUpdated(ctx) != nil {
			return nil
		}
	}
}

func tellWit(source *workloadapi.WITSource, id spiffeid.ID) error {
	svid, err := source.GetWITSVIDForID(id)
	if err != nil {
		return err
	}
	read, err := witsvid.ParseAndValidate(svid.Marshal(), source)
	if err != nil {
		return err
	}
	named, ok := read.PublicKey.(*ecdsa.PublicKey)
	private, isToo := svid.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || !isToo || !named.Equal(&private.PublicKey) {
		return fmt.Errorf("the private key is not the one that is named")
	}
	say(event{Event: "svid", ID: read.ID.String(), Text: svid.Marshal()})
	return nil
}
