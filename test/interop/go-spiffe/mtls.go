package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
	"github.com/spiffe/go-spiffe/v2/spiffetls"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
	"github.com/spiffe/go-spiffe/v2/workloadapi"
)

// serve greets clients that have this ID, over mTLS, and tells which ones it refused.
func serve(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("serve takes the ID of the client")
	}
	client, err := spiffeid.FromString(args[0])
	if err != nil {
		return err
	}
	source, err := workloadapi.NewX509Source(ctx)
	if err != nil {
		return err
	}
	defer source.Close()
	listener, err := spiffetls.ListenWithMode(ctx, "tcp", "127.0.0.1:0",
		spiffetls.MTLSServerWithSource(tlsconfig.AuthorizeID(client), source))
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { listener.Close() })
	say(event{Event: "listening", Address: listener.Addr().String()})
	for {
		connection, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		go greet(connection)
	}
}

func greet(connection net.Conn) {
	defer connection.Close()
	if handshake, ok := connection.(interface{ Handshake() error }); ok {
		if err := handshake.Handshake(); err != nil {
			say(event{Event: "refused", Error: err.Error()})
			return
		}
	}
	id, err := spiffetls.PeerIDFromConn(connection)
	if err != nil {
		say(event{Event: "refused", Error: err.Error()})
		return
	}
	say(event{Event: "accepted", ID: id.String()})
	fmt.Fprintf(connection, "hello %s", id)
}

// call connects to a server that must have this ID, and prints what it says.
func call(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("call takes an address and the ID of the server")
	}
	server, err := spiffeid.FromString(args[1])
	if err != nil {
		return err
	}
	source, err := workloadapi.NewX509Source(ctx)
	if err != nil {
		return err
	}
	defer source.Close()
	dialer := tls.Dialer{Config: tlsconfig.MTLSClientConfig(source, source, tlsconfig.AuthorizeID(server))}
	connection, err := dialer.DialContext(ctx, "tcp", args[0])
	if err != nil {
		return err
	}
	defer connection.Close()
	text, err := io.ReadAll(connection)
	if err != nil {
		return err
	}
	state := connection.(*tls.Conn).ConnectionState()
	id, err := spiffetls.PeerIDFromConnectionState(state)
	if err != nil {
		return err
	}
	say(event{Event: "answer", ID: id.String(), Text: string(text)})
	return nil
}
