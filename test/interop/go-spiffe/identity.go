package main

import (
	"context"
	"sort"

	"github.com/spiffe/go-spiffe/v2/svid/x509svid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
	"google.golang.org/grpc/status"
)

// fetch gets an identity through an X509Source and verifies it as any peer would.
func fetch(ctx context.Context, _ []string) error {
	source, err := workloadapi.NewX509Source(ctx)
	if err != nil {
		return err
	}
	defer source.Close()
	svid, err := source.GetX509SVID()
	if err != nil {
		return err
	}
	id, _, err := x509svid.Verify(svid.Certificates, source)
	if err != nil {
		return err
	}
	say(event{Event: "svid", ID: id.String(), Serial: svid.Certificates[0].SerialNumber.String(), Chain: len(svid.Certificates)})
	return nil
}

// watch prints every update and every error of one long stream.
func watch(ctx context.Context, _ []string) error {
	err := workloadapi.WatchX509Context(ctx, watcher{})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

type watcher struct{}

func (watcher) OnX509ContextUpdate(update *workloadapi.X509Context) {
	svid := update.DefaultSVID()
	var bundles []string
	for _, bundle := range update.Bundles.Bundles() {
		bundles = append(bundles, bundle.TrustDomain().Name())
	}
	sort.Strings(bundles)
	say(event{
		Event: "update", ID: svid.ID.String(), Serial: svid.Certificates[0].SerialNumber.String(),
		Chain: len(svid.Certificates), Bundles: bundles,
	})
}

func (watcher) OnX509ContextWatchError(err error) {
	say(event{Event: "error", Code: status.Code(err).String(), Error: err.Error()})
}
