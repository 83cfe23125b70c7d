package main

import (
	"fmt"
	"slices"
	"strings"

	agentv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/agent/v1"
	bundlev1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/bundle/v1"
	debugv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/debug/v1"
	entryv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/entry/v1"
	localauthorityv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/localauthority/v1"
	loggerv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/logger/v1"
	svidv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/svid/v1"
	trustdomainv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/trustdomain/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/emptypb"
)

var files = []protoreflect.FileDescriptor{
	agentv1.File_spire_api_server_agent_v1_agent_proto,
	bundlev1.File_spire_api_server_bundle_v1_bundle_proto,
	debugv1.File_spire_api_server_debug_v1_debug_proto,
	entryv1.File_spire_api_server_entry_v1_entry_proto,
	localauthorityv1.File_spire_api_server_localauthority_v1_localauthority_proto,
	loggerv1.File_spire_api_server_logger_v1_logger_proto,
	svidv1.File_spire_api_server_svid_v1_svid_proto,
	trustdomainv1.File_spire_api_server_trustdomain_v1_trustdomain_proto,
}

// method is one RPC of the server's API.
type method struct {
	path     string
	isStream bool
}

func methods() []method {
	var all []method
	for _, file := range files {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				rpc := service.Methods().Get(j)
				all = append(all, method{fmt.Sprintf("/%s/%s", service.FullName(), rpc.Name()), rpc.IsStreamingClient()})
			}
		}
	}
	return all
}

// Who may call what, where it is not the admin socket and administrators: SPIRE's default policy.
var (
	everybody  = []string{"GetBundle", "AttestAgent"}
	agents     = []string{"BatchNewX509SVID", "NewJWTSVID", "GetAuthorizedEntries", "SyncAuthorizedEntries", "RenewAgent", "PostStatus"}
	downstream = []string{"NewDownstreamX509CA", "PublishJWTAuthority"}
	socketOnly = []string{"spire.api.server.debug.", "spire.api.server.logger."}
)

func isAllowed(m method, who string) bool {
	name := m.path[strings.LastIndex(m.path, "/")+1:]
	switch {
	case slices.Contains(everybody, name):
		return true
	case slices.Contains(agents, name):
		return who == "agent"
	case slices.Contains(downstream, name):
		return who == "downstream"
	case name == "GetFederatedBundle":
		return who == "agent" || who == "admin" || who == "local"
	default:
		return who == "admin" || who == "local"
	}
}

// call sends an empty message and says what came of it.
func (w *world) call(by caller, m method) error {
	if !m.isStream {
		return by.Invoke(w.ctx, m.path, &emptypb.Empty{}, &emptypb.Empty{})
	}
	stream, err := by.NewStream(w.ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, m.path)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(&emptypb.Empty{}); err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	return stream.RecvMsg(&emptypb.Empty{})
}

func doorChecks(w *world, notThere []string) {
	names := map[string]caller{"local": w.local, "admin": w.admin, "agent": w.agent, "workload": w.workload, "downstream": w.downstream, "nobody": w.nobody}
	// These would disturb the checks that follow.
	disturbing := []string{"PrepareJWTAuthority", "PrepareX509Authority", "ResetLogLevel"}

	for _, m := range methods() {
		if slices.Contains(notThere, m.path) {
			continue
		}
		run(m.path+" is open to whom it should be", func(c *check) {
			isLocal := slices.ContainsFunc(socketOnly, func(service string) bool { return strings.HasPrefix(m.path, "/"+service) })
			for who, by := range names {
				may := isAllowed(m, who)
				if may && slices.ContainsFunc(disturbing, func(name string) bool { return strings.HasSuffix(m.path, "/"+name) }) {
					continue
				}
				got := status.Convert(w.call(by, m))
				denial := fmt.Sprintf("authorization denied for method %s", m.path)
				switch {
				case isLocal && who != "local":
					c.equal(who, got.Code(), codes.Unimplemented)
				case may:
					c.isTrue(fmt.Sprintf("%s passes: %v", who, got.Err()), !strings.HasPrefix(got.Message(), denial) && got.Code() != codes.Unimplemented && got.Code() != codes.Unauthenticated)
				default:
					c.refused(who, got.Err(), codes.PermissionDenied, denial)
				}
			}
		})
	}

	run("a certificate that nobody signed is not let in", func(c *check) {
		_, err := bundlev1.NewBundleClient(w.stranger).GetBundle(w.ctx, &bundlev1.GetBundleRequest{})
		code := status.Code(err) // the connection is closed, or the call is refused
		c.isTrue("no answer", code == codes.Unavailable || code == codes.Unauthenticated)
	})
}

// coverageCheck comes last: every RPC has been called.
func coverageCheck(notThere []string) {
	run("every RPC of the SDK has been called", func(c *check) {
		for _, m := range methods() {
			if !slices.Contains(notThere, m.path) {
				c.isTrue(m.path+" was called", seen.has(m.path))
			}
		}
	})
}
