// Command sdk drives the server API with SPIRE's SDK and prints a line of JSON for each claim that it checked. It runs
// against our server and against SPIRE's own, which shows that what it claims is so.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

const patience = 4 * time.Minute

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: sdk SOCKET ADDRESS TRUST-DOMAIN MISSING,...")
		os.Exit(2)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	notThere := strings.Split(os.Args[4], ",")
	w := newWorld(ctx, target{socket: os.Args[1], address: os.Args[2], trustDomain: os.Args[3]})
	entryChecks(w)
	authorizedChecks(w)
	agentChecks(w)
	svidChecks(w)
	verifiedChecks(w)
	federatedBundleChecks(w)
	relationshipChecks(w)
	downstreamChecks(w)
	operatingChecks(w)
	doorChecks(w, notThere)
	authorityChecks(w)
	coverageCheck(notThere)
}
