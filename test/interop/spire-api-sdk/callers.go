package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net/url"
	"slices"
	"sync"
	"time"

	agentv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/agent/v1"
	bundlev1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/bundle/v1"
	entryv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/entry/v1"
	svidv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/svid/v1"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// called remembers every method that was called, by all callers.
type called struct {
	mutex   sync.Mutex
	methods map[string]bool
}

func (m *called) saw(method string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.methods[method] = true
}

func (m *called) has(method string) bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.methods[method]
}

var seen = &called{methods: map[string]bool{}}

func observed() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithUnaryInterceptor(func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoker grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			seen.saw(method)
			return invoker(ctx, method, req, reply, cc, opts...)
		}),
		grpc.WithStreamInterceptor(func(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, streamer grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
			seen.saw(method)
			return streamer(ctx, desc, cc, method, opts...)
		}),
	}
}

// target is the server: where it listens and what it is called.
type target struct {
	socket      string
	address     string
	trustDomain string
}

func (t target) id(path string) *types.SPIFFEID {
	return &types.SPIFFEID{TrustDomain: t.trustDomain, Path: path}
}

func (t target) dialLocal() *grpc.ClientConn {
	options := append(observed(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	return must(grpc.NewClient("unix:"+t.socket, options...))
}

// dialTLS believes the server by its authorities and ID, as an agent does.
func (t target) dialTLS(roots [][]byte, own *tls.Certificate) *grpc.ClientConn {
	pool := x509.NewCertPool()
	for _, root := range roots {
		pool.AddCert(must(x509.ParseCertificate(root)))
	}
	config := &tls.Config{
		InsecureSkipVerify: true, // names are not looked at: the SPIFFE ID is, below
		VerifyConnection: func(state tls.ConnectionState) error {
			return verifyServer(state.PeerCertificates, pool, "spiffe://"+t.trustDomain+"/spire/server")
		},
	}
	if own != nil {
		config.Certificates = []tls.Certificate{*own}
	}
	options := append(observed(), grpc.WithTransportCredentials(credentials.NewTLS(config)))
	return must(grpc.NewClient(t.address, options...))
}

func verifyServer(chain []*x509.Certificate, roots *x509.CertPool, id string) error {
	intermediates := x509.NewCertPool()
	for _, certificate := range chain[1:] {
		intermediates.AddCert(certificate)
	}
	options := x509.VerifyOptions{Roots: roots, Intermediates: intermediates, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
	if _, err := chain[0].Verify(options); err != nil {
		return err
	}
	if len(chain[0].URIs) != 1 || chain[0].URIs[0].String() != id {
		return errors.New("the server has another SPIFFE ID")
	}
	return nil
}

// caller is somebody who calls: over the admin socket, or over TLS as whom an SVID names.
type caller struct {
	name string
	*grpc.ClientConn
}

// world is the server with everybody who calls it.
type world struct {
	target
	ctx        context.Context
	roots      [][]byte
	agentID    *types.SPIFFEID
	agentSVID  *tls.Certificate
	local      caller
	admin      caller
	agent      caller
	workload   caller
	downstream caller
	nobody     caller
	stranger   caller
}

func (w *world) all() []caller {
	return []caller{w.local, w.admin, w.agent, w.workload, w.downstream, w.nobody}
}

// agentFor is the parent of every entry that the agent is to have.
const agentAlias = "/node/sdk"

func newWorld(ctx context.Context, t target) *world {
	w := &world{target: t, ctx: ctx, local: caller{"local", t.dialLocal()}}
	bundle := must(bundlev1.NewBundleClient(w.local).GetBundle(ctx, &bundlev1.GetBundleRequest{}))
	for _, authority := range bundle.X509Authorities {
		w.roots = append(w.roots, authority.Asn1)
	}
	w.nobody = caller{"nobody", t.dialTLS(w.roots, nil)}
	w.register("/sdk/admin", func(e *types.Entry) { e.Admin = true })
	w.register("/sdk/downstream", func(e *types.Entry) { e.Downstream = true })
	w.register("/sdk/workload", func(*types.Entry) {})
	w.admin = w.minted("/sdk/admin")
	w.downstream = w.minted("/sdk/downstream")
	w.workload = w.minted("/sdk/workload")
	w.attest()
	w.stranger = caller{"stranger", t.dialTLS(w.roots, selfMade(t.trustDomain))}
	return w
}

// register makes an entry of the agent's.
func (w *world) register(path string, change func(*types.Entry)) *types.Entry {
	entry := &types.Entry{
		SpiffeId:  w.id(path),
		ParentId:  w.id(agentAlias),
		Selectors: []*types.Selector{{Type: "unix", Value: "uid:1"}},
	}
	change(entry)
	response := must(entryv1.NewEntryClient(w.local).BatchCreateEntry(w.ctx, &entryv1.BatchCreateEntryRequest{Entries: []*types.Entry{entry}}))
	if status := response.Results[0].Status; status.Code != 0 {
		panic(path + ": " + status.Message)
	}
	return response.Results[0].Entry
}

// minted calls with an SVID that the server minted.
func (w *world) minted(path string) caller {
	key := newKey()
	csr := newCSR(key, "spiffe://"+w.trustDomain+path)
	response := must(svidv1.NewSVIDClient(w.local).MintX509SVID(w.ctx, &svidv1.MintX509SVIDRequest{Csr: csr}))
	return caller{path, w.dialTLS(w.roots, &tls.Certificate{Certificate: response.Svid.CertChain, PrivateKey: key})}
}

// attest becomes an agent by a join token.
func (w *world) attest() {
	token := must(agentv1.NewAgentClient(w.local).CreateJoinToken(w.ctx, &agentv1.CreateJoinTokenRequest{Ttl: 600, AgentId: w.id(agentAlias)}))
	result, key, err := w.attestWith(token.Value)
	if err != nil {
		panic(err)
	}
	w.agentID = result.Svid.Id
	w.agentSVID = &tls.Certificate{Certificate: result.Svid.CertChain, PrivateKey: key}
	w.agent = caller{"agent", w.dialTLS(w.roots, w.agentSVID)}
}

func (w *world) attestWith(token string) (*agentv1.AttestAgentResponse_Result, crypto.Signer, error) {
	key := newKey()
	stream, err := agentv1.NewAgentClient(w.nobody).AttestAgent(w.ctx)
	if err != nil {
		return nil, nil, err
	}
	params := &agentv1.AttestAgentRequest_Params{
		Data:   &types.AttestationData{Type: "join_token", Payload: []byte(token)},
		Params: &agentv1.AgentX509SVIDParams{Csr: newCSR(key, "")},
	}
	if err := stream.Send(&agentv1.AttestAgentRequest{Step: &agentv1.AttestAgentRequest_Params_{Params: params}}); err != nil {
		return nil, nil, err
	}
	response, err := stream.Recv()
	if err != nil {
		return nil, nil, err
	}
	return response.GetResult(), key, nil
}

func newKey() crypto.Signer {
	return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
}

// newCSR is what agents and workloads send; without an ID it has none.
func newCSR(key crypto.Signer, id string, dnsNames ...string) []byte {
	template := &x509.CertificateRequest{
		Subject:            pkix.Name{Country: []string{"US"}, Organization: []string{"SPIRE"}},
		SignatureAlgorithm: x509.ECDSAWithSHA256,
		DNSNames:           dnsNames,
	}
	if id != "" {
		template.URIs = []*url.URL{must(url.Parse(id))}
	}
	return must(x509.CreateCertificateRequest(rand.Reader, template, key))
}

// selfMade names an administrator, but nobody has signed it.
func selfMade(trustDomain string) *tls.Certificate {
	key := newKey()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Minute),
		NotAfter:     time.Now().Add(time.Hour),
		URIs:         []*url.URL{must(url.Parse("spiffe://" + trustDomain + "/sdk/admin"))},
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func sorted(texts []string) []string {
	slices.Sort(texts)
	return texts
}
