package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// check is one claim: what of it does not hold is gathered, and printed as a line of JSON.
type check struct {
	Name     string   `json:"name"`
	Failures []string `json:"failures"`
}

func (c *check) failf(format string, args ...any) {
	c.Failures = append(c.Failures, fmt.Sprintf(format, args...))
}

// equal compares messages as messages, and all else deeply.
func (c *check) equal(what string, got, want any) {
	g, isMessage := got.(proto.Message)
	w, wantsMessage := want.(proto.Message)
	if isMessage && wantsMessage {
		g.ProtoReflect().SetUnknown(nil) // what is newer than the SDK
		if !proto.Equal(g, w) {
			c.failf("%s: got %v, want %v", what, g, w)
		}
		return
	}
	if !reflect.DeepEqual(got, want) {
		c.failf("%s: got %v, want %v", what, got, want)
	}
}

func (c *check) isTrue(what string, holds bool) {
	if !holds {
		c.failf("%s does not hold", what)
	}
}

// ok ends the check when the call failed.
func (c *check) ok(what string, err error) {
	if err != nil {
		panic(fmt.Sprintf("%s: %v", what, err))
	}
}

// refused is a call that has to fail with this code and a text that begins so.
func (c *check) refused(what string, err error, code codes.Code, text string) {
	got := status.Convert(err)
	if got.Code() != code || !strings.HasPrefix(got.Message(), text) {
		c.failf("%s: got %v %q, want %v %q", what, got.Code(), got.Message(), code, text)
	}
}

// item is one status of a batch.
func (c *check) item(what string, got *types.Status, code codes.Code, text string) {
	if codes.Code(got.GetCode()) != code || !strings.HasPrefix(got.GetMessage(), text) {
		c.failf("%s: got %v %q, want %v %q", what, codes.Code(got.GetCode()), got.GetMessage(), code, text)
	}
}

func (c *check) print() {
	if c.Failures == nil {
		c.Failures = []string{}
	}
	line, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	fmt.Fprintln(os.Stdout, string(line))
}

// run carries a check out; what it cannot do without fails it.
func run(name string, body func(c *check)) {
	c := &check{Name: name}
	defer func() {
		if why := recover(); why != nil {
			c.failf("%v", why)
		}
		c.print()
	}()
	body(c)
}
