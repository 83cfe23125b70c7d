// Command native-workload holds many streams of the Workload API for as long as it lives, and says at its end what it saw:
// one JSON object. An instant without a valid SVID, a message that says nothing new and a stream that ends are counted.
package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

const lookEvery = 50 * time.Millisecond

type stream struct {
	mu       sync.Mutex
	updates  int
	last     *workload.X509SVIDResponse
	expires  time.Time
	losses   int
	repeated int
	ends     []string
}

type report struct {
	Fewest   int      `json:"fewest"`
	Most     int      `json:"most"`
	Losses   int      `json:"losses"`
	Repeated int      `json:"repeated"`
	Ends     []string `json:"ends"`
}

func isSame(a, b *workload.X509SVIDResponse) bool {
	if a == nil || len(a.Svids) != len(b.Svids) {
		return false
	}
	for at := range a.Svids {
		if !bytes.Equal(a.Svids[at].X509Svid, b.Svids[at].X509Svid) || !bytes.Equal(a.Svids[at].Bundle, b.Svids[at].Bundle) {
			return false
		}
	}
	return true
}

func (s *stream) take(response *workload.X509SVIDResponse) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if isSame(s.last, response) {
		s.repeated++
	}
	s.last = response
	s.updates++
	certificates, err := x509.ParseCertificates(response.Svids[0].X509Svid)
	if err != nil {
		s.ends = append(s.ends, err.Error())
		return
	}
	s.expires = certificates[0].NotAfter
}

func (s *stream) look(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.updates > 0 && now.After(s.expires) {
		s.losses++
	}
}

func (s *stream) follow(ctx context.Context, client workload.SpiffeWorkloadAPIClient) {
	for ctx.Err() == nil {
		received, err := client.FetchX509SVID(metadata.AppendToOutgoingContext(ctx, "workload.spiffe.io", "true"), &workload.X509SVIDRequest{})
		for err == nil {
			var response *workload.X509SVIDResponse
			if response, err = received.Recv(); err == nil {
				s.take(response)
			}
		}
		if ctx.Err() == nil {
			s.mu.Lock()
			s.ends = append(s.ends, err.Error())
			s.mu.Unlock()
			time.Sleep(time.Second)
		}
	}
}

func summary(streams []*stream) report {
	sum := report{Fewest: streams[0].updates, Ends: []string{}}
	for _, s := range streams {
		s.mu.Lock()
		sum.Fewest = min(sum.Fewest, s.updates)
		sum.Most = max(sum.Most, s.updates)
		sum.Losses += s.losses
		sum.Repeated += s.repeated
		sum.Ends = append(sum.Ends, s.ends...)
		s.mu.Unlock()
	}
	return sum
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		panic(err)
	}
	connection, err := grpc.NewClient(os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	streams := make([]*stream, count)
	for at := range streams {
		streams[at] = &stream{}
		go streams[at].follow(ctx, workload.NewSpiffeWorkloadAPIClient(connection))
	}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case now := <-time.After(lookEvery):
			for _, s := range streams {
				s.look(now)
			}
		}
	}
	line, err := json.Marshal(summary(streams))
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}
