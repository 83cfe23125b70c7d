package main

import (
	"crypto/tls"
	"crypto/x509"
	"time"

	agentv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/agent/v1"
	entryv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/entry/v1"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// reasonOf is what PermissionDenied carries for agents.
func reasonOf(err error) types.PermissionDeniedDetails_Reason {
	for _, detail := range status.Convert(err).Details() {
		if denied, ok := detail.(*types.PermissionDeniedDetails); ok {
			return denied.Reason
		}
	}
	return types.PermissionDeniedDetails_UNKNOWN
}

// another attests one more agent, which calls by the connection.
func (w *world) another() (*types.SPIFFEID, caller) {
	token := must(agentv1.NewAgentClient(w.local).CreateJoinToken(w.ctx, &agentv1.CreateJoinTokenRequest{Ttl: 600}))
	result, key, err := w.attestWith(token.Value)
	if err != nil {
		panic(err)
	}
	own := &tls.Certificate{Certificate: result.Svid.CertChain, PrivateKey: key}
	return result.Svid.Id, caller{"another", w.dialTLS(w.roots, own)}
}

func agentChecks(w *world) {
	client := agentv1.NewAgentClient(w.admin)
	entries := entryv1.NewEntryClient(w.local)

	run("CreateJoinToken makes a token that attests one agent once", func(c *check) {
		token, err := client.CreateJoinToken(w.ctx, &agentv1.CreateJoinTokenRequest{Ttl: 60, Token: "a-token.of_mine", AgentId: w.id("/token/alias")})
		c.ok("token", err)
		c.equal("value", token.Value, "a-token.of_mine")
		c.isTrue("end", token.ExpiresAt >= time.Now().Unix()+55 && token.ExpiresAt <= time.Now().Unix()+65)
		_, err = client.CreateJoinToken(w.ctx, &agentv1.CreateJoinTokenRequest{Ttl: 60, Token: "a-token.of_mine"})
		c.isTrue("not twice", err != nil)
		result, _, err := w.attestWith("a-token.of_mine")
		c.ok("attest", err)
		c.equal("ID", result.Svid.Id, w.id("/spire/agent/join_token/a-token.of_mine"))
		c.isTrue("cannot attest again", !result.Reattestable)
		leaf := must(x509.ParseCertificate(result.Svid.CertChain[0]))
		c.equal("URI", leaf.URIs[0].String(), "spiffe://"+w.trustDomain+"/spire/agent/join_token/a-token.of_mine")
		c.equal("end", leaf.NotAfter.Unix(), result.Svid.ExpiresAt)
		_, _, err = w.attestWith("a-token.of_mine")
		c.refused("used", err, codes.InvalidArgument, "failed to attest: join token does not exist or has already been used")
		alias := must(entries.ListEntries(w.ctx, &entryv1.ListEntriesRequest{Filter: &entryv1.ListEntriesRequest_Filter{BySpiffeId: w.id("/token/alias")}})).Entries
		c.equal("alias", len(alias), 1)
		c.equal("its parent", alias[0].ParentId, result.Svid.Id)
		c.equal("its selector", alias[0].Selectors, []*types.Selector{{Type: "spiffe_id", Value: leaf.URIs[0].String()}})
		_, err = client.DeleteAgent(w.ctx, &agentv1.DeleteAgentRequest{Id: result.Svid.Id})
		c.ok("delete", err)
		_, err = client.CreateJoinToken(w.ctx, &agentv1.CreateJoinTokenRequest{})
		c.refused("no ttl", err, codes.InvalidArgument, "ttl is required, you must provide one")
		_, err = client.CreateJoinToken(w.ctx, &agentv1.CreateJoinTokenRequest{Ttl: 60, AgentId: &types.SPIFFEID{TrustDomain: "elsewhere.test", Path: "/a"}})
		c.refused("foreign alias", err, codes.InvalidArgument, "invalid agent ID: ")
	})

	run("AttestAgent says what is missing", func(c *check) {
		attest := func(params *agentv1.AttestAgentRequest_Params) error {
			stream := must(agentv1.NewAgentClient(w.nobody).AttestAgent(w.ctx))
			c.ok("send", stream.Send(&agentv1.AttestAgentRequest{Step: &agentv1.AttestAgentRequest_Params_{Params: params}}))
			_, err := stream.Recv()
			return err
		}
		csr := &agentv1.AgentX509SVIDParams{Csr: newCSR(newKey(), "")}
		token := &types.AttestationData{Type: "join_token", Payload: []byte("nobodys")}
		c.refused("nothing", attest(nil), codes.InvalidArgument, "malformed param: missing attestation data")
		c.refused("data", attest(&agentv1.AttestAgentRequest_Params{Params: csr}), codes.InvalidArgument, "malformed param: missing attestation data")
		c.refused("CSR", attest(&agentv1.AttestAgentRequest_Params{Data: token}), codes.InvalidArgument, "malformed param: missing X509-SVID parameters")
		c.refused("empty CSR", attest(&agentv1.AttestAgentRequest_Params{Data: token, Params: &agentv1.AgentX509SVIDParams{}}), codes.InvalidArgument, "malformed param: missing CSR")
		c.refused("type", attest(&agentv1.AttestAgentRequest_Params{Data: &types.AttestationData{Payload: []byte("x")}, Params: csr}), codes.InvalidArgument, "malformed param: missing attestation data type")
		c.refused("unknown type", attest(&agentv1.AttestAgentRequest_Params{Data: &types.AttestationData{Type: "nonsense", Payload: []byte("x")}, Params: csr}), codes.FailedPrecondition, "error getting node attestor")
		c.refused("unknown token", attest(&agentv1.AttestAgentRequest_Params{Data: token, Params: csr}), codes.InvalidArgument, "failed to attest: join token does not exist or has already been used")
	})

	run("GetAgent shows an agent, masked", func(c *check) {
		whole, err := client.GetAgent(w.ctx, &agentv1.GetAgentRequest{Id: w.agentID})
		c.ok("whole", err)
		leaf := must(x509.ParseCertificate(w.agentSVID.Certificate[0]))
		c.equal("whole", whole, &types.Agent{
			Id: w.agentID, AttestationType: "join_token", X509SvidSerialNumber: leaf.SerialNumber.String(), X509SvidExpiresAt: leaf.NotAfter.Unix(),
		})
		bare, err := client.GetAgent(w.ctx, &agentv1.GetAgentRequest{Id: w.agentID, OutputMask: &types.AgentMask{Banned: true}})
		c.ok("masked", err)
		c.equal("masked", bare, &types.Agent{Id: w.agentID})
		_, err = client.GetAgent(w.ctx, &agentv1.GetAgentRequest{Id: w.id("/spire/agent/nobody")})
		c.refused("unknown", err, codes.NotFound, "agent not found")
		_, err = client.GetAgent(w.ctx, &agentv1.GetAgentRequest{})
		c.refused("none", err, codes.InvalidArgument, "invalid agent ID: ")
	})

	run("ListAgents and CountAgents filter and page", func(c *check) {
		var ids []string
		for range 3 {
			id, _ := w.another()
			ids = append(ids, id.Path)
			defer func() { must(client.DeleteAgent(w.ctx, &agentv1.DeleteAgentRequest{Id: id})) }()
		}
		listed := func(filter *agentv1.ListAgentsRequest_Filter) int {
			agents := must(client.ListAgents(w.ctx, &agentv1.ListAgentsRequest{Filter: filter})).Agents
			var counting *agentv1.CountAgentsRequest_Filter
			if filter != nil {
				counting = &agentv1.CountAgentsRequest_Filter{ByAttestationType: filter.ByAttestationType, ByBanned: filter.ByBanned, ByCanReattest: filter.ByCanReattest, ByExpiresBefore: filter.ByExpiresBefore, BySelectorMatch: filter.BySelectorMatch}
			}
			count := must(client.CountAgents(w.ctx, &agentv1.CountAgentsRequest{Filter: counting}))
			c.equal("count", int(count.Count), len(agents))
			return len(agents)
		}
		all := listed(nil)
		c.isTrue("all of them", all >= 4)
		c.equal("by type", listed(&agentv1.ListAgentsRequest_Filter{ByAttestationType: "join_token"}), all)
		c.equal("by another type", listed(&agentv1.ListAgentsRequest_Filter{ByAttestationType: "x509pop"}), 0)
		c.equal("not banned", listed(&agentv1.ListAgentsRequest_Filter{ByBanned: wrapperspb.Bool(false)}), all)
		c.equal("banned", listed(&agentv1.ListAgentsRequest_Filter{ByBanned: wrapperspb.Bool(true)}), 0)
		c.equal("can attest again", listed(&agentv1.ListAgentsRequest_Filter{ByCanReattest: wrapperspb.Bool(true)}), 0)
		c.equal("soon expired", listed(&agentv1.ListAgentsRequest_Filter{ByExpiresBefore: "2100-01-01 00:00:00 +0000 +00"}), all)
		c.equal("long expired", listed(&agentv1.ListAgentsRequest_Filter{ByExpiresBefore: "2000-01-01 00:00:00 +0000 +00"}), 0)
		_, err := client.ListAgents(w.ctx, &agentv1.ListAgentsRequest{Filter: &agentv1.ListAgentsRequest_Filter{BySelectorMatch: &types.SelectorMatch{}}})
		c.isTrue("no list by no selectors", err != nil)
		pages, token := 0, ""
		for seen := 0; ; pages++ {
			page, err := client.ListAgents(w.ctx, &agentv1.ListAgentsRequest{PageSize: 1, PageToken: token})
			c.ok("page", err)
			seen += len(page.Agents)
			if token = page.NextPageToken; token == "" {
				c.equal("paged", seen, all)
				break
			}
		}
		c.equal("pages before the empty one", pages, all)
	})

	run("a banned agent and a deleted one are told so, with the reason", func(c *check) {
		id, by := w.another()
		call := func() error {
			_, err := entryv1.NewEntryClient(by).GetAuthorizedEntries(w.ctx, &entryv1.GetAuthorizedEntriesRequest{})
			return err
		}
		c.ok("before", call())
		_, err := client.BanAgent(w.ctx, &agentv1.BanAgentRequest{Id: id})
		c.ok("ban", err)
		eventually(c, "banned", func() bool { return reasonOf(call()) == types.PermissionDeniedDetails_AGENT_BANNED })
		c.isTrue("shown", must(client.GetAgent(w.ctx, &agentv1.GetAgentRequest{Id: id})).Banned)
		_, err = client.DeleteAgent(w.ctx, &agentv1.DeleteAgentRequest{Id: id})
		c.ok("delete", err)
		eventually(c, "deleted", func() bool { return reasonOf(call()) == types.PermissionDeniedDetails_AGENT_NOT_ATTESTED })
		c.refused("denial", call(), codes.PermissionDenied, "authorization denied for method ")
		_, err = client.DeleteAgent(w.ctx, &agentv1.DeleteAgentRequest{Id: id})
		c.refused("deleted", err, codes.NotFound, "agent not found")
		_, err = client.BanAgent(w.ctx, &agentv1.BanAgentRequest{Id: id})
		c.refused("deleted", err, codes.NotFound, "agent not found")
	})

	run("RenewAgent gives a new SVID, which counts from its first use on", func(c *check) {
		_, by := w.another()
		key := newKey()
		renewed, err := agentv1.NewAgentClient(by).RenewAgent(w.ctx, &agentv1.RenewAgentRequest{Params: &agentv1.AgentX509SVIDParams{Csr: newCSR(key, "")}})
		c.ok("renew", err)
		call := func(conn caller) error {
			_, err := entryv1.NewEntryClient(conn).GetAuthorizedEntries(w.ctx, &entryv1.GetAuthorizedEntriesRequest{})
			return err
		}
		c.ok("the old one still counts", call(by))
		next := caller{"renewed", w.dialTLS(w.roots, &tls.Certificate{Certificate: renewed.Svid.CertChain, PrivateKey: key})}
		c.ok("the new one counts", call(next))
		eventually(c, "the old one counts no more", func() bool { return reasonOf(call(by)) == types.PermissionDeniedDetails_AGENT_NOT_ACTIVE })
		_, err = agentv1.NewAgentClient(next).RenewAgent(w.ctx, &agentv1.RenewAgentRequest{})
		c.refused("no params", err, codes.InvalidArgument, "params cannot be nil")
		_, err = agentv1.NewAgentClient(next).RenewAgent(w.ctx, &agentv1.RenewAgentRequest{Params: &agentv1.AgentX509SVIDParams{}})
		c.refused("no CSR", err, codes.InvalidArgument, "missing CSR")
		_, err = agentv1.NewAgentClient(next).RenewAgent(w.ctx, &agentv1.RenewAgentRequest{Params: &agentv1.AgentX509SVIDParams{Csr: []byte("no CSR")}})
		c.refused("bad CSR", err, codes.InvalidArgument, "failed to parse CSR: ")
	})
}
