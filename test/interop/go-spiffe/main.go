// Command peer is a workload written with the Go SDK. The suite beside it runs it and reads what it prints: one JSON
// object per line. The address of the Workload API comes from SPIFFE_ENDPOINT_SOCKET.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

type event struct {
	Event   string   `json:"event"`
	ID      string   `json:"id,omitempty"`
	Serial  string   `json:"serial,omitempty"`
	Chain   int      `json:"chain,omitempty"`
	Bundles []string `json:"bundles,omitempty"`
	Address string   `json:"address,omitempty"`
	Text    string   `json:"text,omitempty"`
	Code    string   `json:"code,omitempty"`
	Error   string   `json:"error,omitempty"`
}

var printing sync.Mutex

func say(e event) {
	line, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	printing.Lock()
	defer printing.Unlock()
	fmt.Println(string(line))
}

var commands = map[string]func(ctx context.Context, args []string) error{
	"bundle":     bundle,
	"fetch":      fetch,
	"watch":      watch,
	"serve":      serve,
	"call":       call,
	"token":      token,
	"validate":   validate,
	"verify":     verify,
	"tokens":     tokens,
	"token-of":   tokenOf,
	"check":      check,
	"watch-keys": watchKeys,
	"wit":        wit,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: peer bundle DOMAIN FILE | fetch | watch | serve ID | call ADDRESS ID | token AUDIENCE... | validate AUDIENCE TOKEN | verify | tokens AUDIENCE... | token-of AUDIENCE ID | check AUDIENCE TOKEN | watch-keys | wit ID")
		os.Exit(2)
	}
	if err := commands[os.Args[1]](ctx, os.Args[2:]); err != nil {
		say(event{Event: "failed", Error: err.Error()})
		os.Exit(1)
	}
}
