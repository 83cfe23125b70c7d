// Command agent drives the agent APIs with SPIRE's SDK and prints a line of JSON for each claim that it checked. It runs
// against our agent and against SPIRE's own, which shows that what it claims is so.
package main

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	debugv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/agent/debug/v1"
	delegatedidentityv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/agent/delegatedidentity/v1"
	loggerv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/agent/logger/v1"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

const (
	patience    = time.Minute
	trustDomain = "example.org"
)

// Of the workload that is asked about: nobody on this machine has them.
var pod = []*types.Selector{{Type: "k8s", Value: "ns:web"}, {Type: "k8s", Value: "sa:web"}}

type claim struct {
	Name     string   `json:"name"`
	Failures []string `json:"failures"`
}

func (c *claim) isTrue(what string, holds bool) {
	if !holds {
		c.Failures = append(c.Failures, what+" does not hold")
	}
}

func (c *claim) refused(what string, err error, code codes.Code, text string) {
	got := status.Convert(err)
	if got.Code() != code || got.Message() != text {
		c.Failures = append(c.Failures, fmt.Sprintf("%s: got %v %q, want %v %q", what, got.Code(), got.Message(), code, text))
	}
}

func prove(name string, deed func(c *claim)) {
	c := &claim{Name: name, Failures: []string{}}
	func() {
		defer func() {
			if fault := recover(); fault != nil {
				c.Failures = append(c.Failures, fmt.Sprint(fault))
			}
		}()
		deed(c)
	}()
	_ = json.NewEncoder(os.Stdout).Encode(c)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: agent SOCKET delegate|stranger PID-OF-A-WORKLOAD")
		os.Exit(2)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn := must(grpc.NewClient("unix://"+os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials())))
	pid := must(strconv.Atoi(os.Args[3]))
	if os.Args[2] == "stranger" {
		strangerClaims(ctx, delegatedidentityv1.NewDelegatedIdentityClient(conn))
		return
	}
	delegateClaims(ctx, delegatedidentityv1.NewDelegatedIdentityClient(conn), int32(pid))
	debugClaims(ctx, debugv1.NewDebugClient(conn))
	loggerClaims(ctx, loggerv1.NewLoggerClient(conn))
}

func firstSVIDs(ctx context.Context, client delegatedidentityv1.DelegatedIdentityClient, request *delegatedidentityv1.SubscribeToX509SVIDsRequest) (*delegatedidentityv1.SubscribeToX509SVIDsResponse, error) {
	stream, err := client.SubscribeToX509SVIDs(ctx, request)
	if err != nil {
		return nil, err
	}
	return stream.Recv()
}

func firstBundles(ctx context.Context, client delegatedidentityv1.DelegatedIdentityClient) (*delegatedidentityv1.SubscribeToX509BundlesResponse, error) {
	stream, err := client.SubscribeToX509Bundles(ctx, &delegatedidentityv1.SubscribeToX509BundlesRequest{})
	if err != nil {
		return nil, err
	}
	return stream.Recv()
}

func firstKeys(ctx context.Context, client delegatedidentityv1.DelegatedIdentityClient) (*delegatedidentityv1.SubscribeToJWTBundlesResponse, error) {
	stream, err := client.SubscribeToJWTBundles(ctx, &delegatedidentityv1.SubscribeToJWTBundlesRequest{})
	if err != nil {
		return nil, err
	}
	return stream.Recv()
}

func delegateClaims(ctx context.Context, client delegatedidentityv1.DelegatedIdentityClient, pid int32) {
	var roots *x509.CertPool
	prove("a delegate gets every X.509 bundle", func(c *claim) {
		response := must(firstBundles(ctx, client))
		roots = x509.NewCertPool()
		certificates := must(x509.ParseCertificates(response.CaCertificates["spiffe://"+trustDomain]))
		for _, certificate := range certificates {
			roots.AddCert(certificate)
		}
		c.isTrue("there is one of the own trust domain alone", len(response.CaCertificates) == 1 && len(certificates) > 0)
	})
	prove("a delegate gets the X.509-SVIDs of a workload by its selectors, but for those with rights", func(c *claim) {
		response := must(firstSVIDs(ctx, client, &delegatedidentityv1.SubscribeToX509SVIDsRequest{Selectors: pod}))
		c.isTrue("there is one", len(response.X509Svids) == 1)
		svid := response.X509Svids[0]
		c.isTrue("it is of the workload", svid.X509Svid.Id.TrustDomain == trustDomain && svid.X509Svid.Id.Path == "/web")
		c.isTrue("its hint is there", svid.X509Svid.Hint == "main")
		leaf := must(x509.ParseCertificate(svid.X509Svid.CertChain[0]))
		c.isTrue("its end is told", leaf.NotAfter.Unix() == svid.X509Svid.ExpiresAt)
		key := must(x509.ParsePKCS8PrivateKey(svid.X509SvidKey))
		own, hasOwn := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
		signer, isSigner := key.(crypto.Signer)
		c.isTrue("its key is the one that it names", hasOwn && isSigner && own.Equal(signer.Public()))
		_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
		c.isTrue(fmt.Sprintf("the bundle vouches for it (%v)", err), err == nil)
		c.isTrue("it federates with nobody", len(response.FederatesWith) == 0)
	})
	prove("a delegate gets those of a process by its pid", func(c *claim) {
		response := must(firstSVIDs(ctx, client, &delegatedidentityv1.SubscribeToX509SVIDsRequest{Pid: pid}))
		c.isTrue("there is one", len(response.X509Svids) == 1 && response.X509Svids[0].X509Svid.Id.Path == "/node")
	})
	prove("a workload that nothing matches has an empty list", func(c *claim) {
		none := []*types.Selector{{Type: "k8s", Value: "ns:none"}}
		response := must(firstSVIDs(ctx, client, &delegatedidentityv1.SubscribeToX509SVIDsRequest{Selectors: none}))
		c.isTrue("it is empty", len(response.X509Svids) == 0)
	})
	prove("a delegate gets JWT-SVIDs of a workload", func(c *claim) {
		response := must(client.FetchJWTSVIDs(ctx, &delegatedidentityv1.FetchJWTSVIDsRequest{Audience: []string{"db"}, Pid: pid}))
		c.isTrue("there is one", len(response.Svids) == 1 && response.Svids[0].Id.Path == "/node")
		svid := response.Svids[0]
		c.isTrue("it is a token", strings.Count(svid.Token, ".") == 2)
		c.isTrue("its times are told", svid.IssuedAt > 0 && svid.ExpiresAt > svid.IssuedAt)
	})
	prove("a delegate gets every JWT bundle", func(c *claim) {
		response := must(firstKeys(ctx, client))
		var set struct {
			Keys []struct{ Kid string }
		}
		_ = must(0, json.Unmarshal(response.Bundles["spiffe://"+trustDomain], &set))
		c.isTrue("there are keys with IDs", len(response.Bundles) == 1 && len(set.Keys) > 0 && set.Keys[0].Kid != "")
	})
	prove("what makes no sense is refused in SPIRE's words", func(c *claim) {
		const either = "must provide either selectors or non-zero PID, but not both"
		_, err := firstSVIDs(ctx, client, &delegatedidentityv1.SubscribeToX509SVIDsRequest{})
		c.refused("neither", err, codes.InvalidArgument, either)
		_, err = firstSVIDs(ctx, client, &delegatedidentityv1.SubscribeToX509SVIDsRequest{Selectors: pod, Pid: pid})
		c.refused("both", err, codes.InvalidArgument, either)
		bad := []*types.Selector{{Type: "a:b", Value: "c"}}
		_, err = firstSVIDs(ctx, client, &delegatedidentityv1.SubscribeToX509SVIDsRequest{Selectors: bad})
		c.refused("selectors that are none", err, codes.InvalidArgument, "could not parse provided selectors")
		_, err = client.FetchJWTSVIDs(ctx, &delegatedidentityv1.FetchJWTSVIDsRequest{Selectors: pod})
		c.refused("no audience", err, codes.InvalidArgument, "audience must be specified")
		_, err = client.FetchJWTSVIDs(ctx, &delegatedidentityv1.FetchJWTSVIDsRequest{Audience: []string{"db"}})
		c.refused("neither, for a token", err, codes.InvalidArgument, either)
		none := []*types.Selector{{Type: "k8s", Value: "ns:none"}}
		_, err = client.FetchJWTSVIDs(ctx, &delegatedidentityv1.FetchJWTSVIDsRequest{Audience: []string{"db"}, Selectors: none})
		c.refused("nothing matches", err, codes.PermissionDenied, "no identity issued")
	})
}

func strangerClaims(ctx context.Context, client delegatedidentityv1.DelegatedIdentityClient) {
	const text = "caller not configured as an authorized delegate"
	prove("who is no delegate gets nothing", func(c *claim) {
		_, err := firstSVIDs(ctx, client, &delegatedidentityv1.SubscribeToX509SVIDsRequest{Selectors: pod})
		c.refused("X.509-SVIDs", err, codes.PermissionDenied, text)
		_, err = firstBundles(ctx, client)
		c.refused("X.509 bundles", err, codes.PermissionDenied, text)
		_, err = client.FetchJWTSVIDs(ctx, &delegatedidentityv1.FetchJWTSVIDsRequest{Audience: []string{"db"}, Selectors: pod})
		c.refused("JWT-SVIDs", err, codes.PermissionDenied, text)
		_, err = firstKeys(ctx, client)
		c.refused("JWT bundles", err, codes.PermissionDenied, text)
	})
}

func debugClaims(ctx context.Context, client debugv1.DebugClient) {
	prove("the agent tells about itself", func(c *claim) {
		info := must(client.GetInfo(ctx, &debugv1.GetInfoRequest{}))
		c.isTrue("its SVID is an agent's", strings.HasPrefix(info.SvidChain[0].Id.GetPath(), "/spire/agent/join_token/"))
		c.isTrue("its authority is the last", info.SvidChain[len(info.SvidChain)-1].Id.GetPath() == "")
		c.isTrue("its subject is SPIRE's", info.SvidChain[0].Subject == "O=SPIRE,C=US")
		c.isTrue("its SVIDs are counted", info.CachedX509SvidsCount > 0)
		c.isTrue("they are counted for older clients", info.SvidsCount == info.CachedX509SvidsCount) //nolint:staticcheck
		c.isTrue("it was synchronised", time.Since(time.Unix(info.LastSyncSuccess, 0)) < time.Hour)
	})
}

func loggerClaims(ctx context.Context, client loggerv1.LoggerClient) {
	prove("the level of the log is told, changed and set back", func(c *claim) {
		logger, err := client.GetLogger(ctx, &loggerv1.GetLoggerRequest{})
		if status.Code(err) == codes.Unimplemented {
			return // SPIRE's agent has it since 1.14
		}
		launch := must(logger, err).LaunchLevel
		set := must(client.SetLogLevel(ctx, &loggerv1.SetLogLevelRequest{NewLevel: types.LogLevel_ERROR}))
		c.isTrue("it is changed", set.CurrentLevel == types.LogLevel_ERROR && set.LaunchLevel == launch)
		_, err = client.SetLogLevel(ctx, &loggerv1.SetLogLevelRequest{})
		c.refused("no level", err, codes.InvalidArgument, "newLevel value cannot be LogLevel_UNSPECIFIED")
		back := must(client.ResetLogLevel(ctx, &loggerv1.ResetLogLevelRequest{}))
		c.isTrue("it is set back", back.CurrentLevel == launch)
	})
}
