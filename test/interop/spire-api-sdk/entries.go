package main

import (
	"fmt"
	"io"
	"time"

	entryv1 "github.com/spiffe/spire-api-sdk/proto/spire/api/server/entry/v1"
	"github.com/spiffe/spire-api-sdk/proto/spire/api/types"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func selectors(texts ...string) []*types.Selector {
	var all []*types.Selector
	for _, text := range texts {
		all = append(all, &types.Selector{Type: "unix", Value: text})
	}
	return all
}

// fullEntry has every field set that a client may set; its parent is nobody's alias.
func (w *world) fullEntry(path string) *types.Entry {
	return &types.Entry{
		SpiffeId:    w.id(path),
		ParentId:    w.id("/full/parent"),
		Selectors:   selectors("gid:1", "uid:1"),
		X509SvidTtl: 60,
		JwtSvidTtl:  70,
		Admin:       true,
		Downstream:  true,
		ExpiresAt:   time.Now().Add(time.Hour).Unix(),
		DnsNames:    []string{"one.example.org", "two.example.org"},
		StoreSvid:   true,
		Hint:        "external",
	}
}

func paths(entries []*types.Entry) []string {
	all := []string{}
	for _, entry := range entries {
		all = append(all, entry.SpiffeId.GetPath())
	}
	return all
}

func entryChecks(w *world) {
	client := entryv1.NewEntryClient(w.local)
	create := func(entries ...*types.Entry) *entryv1.BatchCreateEntryResponse {
		return must(client.BatchCreateEntry(w.ctx, &entryv1.BatchCreateEntryRequest{Entries: entries}))
	}
	remove := func(id string) {
		must(client.BatchDeleteEntry(w.ctx, &entryv1.BatchDeleteEntryRequest{Ids: []string{id}}))
	}

	run("BatchCreateEntry keeps every field, and adds its own", func(c *check) {
		wanted := w.fullEntry("/full/one")
		before := time.Now().Unix()
		result := create(wanted).Results[0]
		c.item("status", result.Status, codes.OK, "OK")
		got := result.Entry
		defer remove(got.Id)
		c.equal("length of the ID", len(got.Id), 36)
		c.isTrue("created now", got.CreatedAt >= before-2 && got.CreatedAt <= time.Now().Unix()+2)
		wanted.Id, wanted.CreatedAt = got.Id, got.CreatedAt
		c.equal("entry", got, wanted)
		kept := must(client.GetEntry(w.ctx, &entryv1.GetEntryRequest{Id: got.Id}))
		c.equal("kept entry", kept, got)
	})

	run("BatchCreateEntry judges each entry by itself", func(c *check) {
		good, twin, stranger, bare, reserved, own := w.fullEntry("/full/good"), w.fullEntry("/full/good"), w.fullEntry("/full/x"), w.fullEntry("/full/y"), w.fullEntry("/spire/x"), w.fullEntry("/full/own")
		stranger.ParentId.TrustDomain = "elsewhere.test"
		bare.Selectors = nil
		own.Id = "an-id.of_mine"
		response := create(good, twin, stranger, bare, reserved, own, &types.Entry{})
		c.equal("results", len(response.Results), 7)
		c.item("good", response.Results[0].Status, codes.OK, "OK")
		c.item("twin", response.Results[1].Status, codes.AlreadyExists, "similar entry already exists")
		c.equal("the twin's entry", response.Results[1].Entry, response.Results[0].Entry)
		c.item("foreign parent", response.Results[2].Status, codes.InvalidArgument, "failed to convert entry: invalid parent ID: ")
		c.isTrue("no entry of a refused one", response.Results[2].Entry == nil)
		c.item("no selectors", response.Results[3].Status, codes.InvalidArgument, "failed to convert entry: selector list is empty")
		c.item("reserved path", response.Results[4].Status, codes.InvalidArgument, "failed to convert entry: invalid spiffe ID: ")
		c.item("own ID", response.Results[5].Status, codes.OK, "OK")
		c.equal("own ID", response.Results[5].Entry.GetId(), "an-id.of_mine")
		c.item("nothing", response.Results[6].Status, codes.InvalidArgument, "failed to convert entry: invalid parent ID: ")
		remove(response.Results[0].Entry.GetId())
		remove("an-id.of_mine")
	})

	run("BatchCreateEntry refuses what an entry cannot be", func(c *check) {
		cases := map[string]struct {
			change func(*types.Entry)
			text   string
		}{
			"dns":           {func(e *types.Entry) { e.DnsNames = []string{"a..b"} }, "failed to convert entry: "},
			"x509 ttl":      {func(e *types.Entry) { e.X509SvidTtl = -1 }, "failed to "},
			"jwt ttl":       {func(e *types.Entry) { e.JwtSvidTtl = -1 }, "failed to "},
			"selector type": {func(e *types.Entry) { e.Selectors[0].Type = "" }, "failed to convert entry: "},
			"colon":         {func(e *types.Entry) { e.Selectors[0].Type = "a:b" }, "failed to convert entry: "},
			"value":         {func(e *types.Entry) { e.Selectors[0].Value = "" }, "failed to convert entry: "},
			"federation":    {func(e *types.Entry) { e.FederatesWith = []string{"not a name!"} }, "failed to convert entry: invalid federated trust domain: "},
			"hint":          {func(e *types.Entry) { e.Hint = string(make([]byte, 1025)) }, "failed to convert entry: hint is too long, max length is 1024 characters"},
			"two types":     {func(e *types.Entry) { e.Selectors[0].Type = "docker" }, "failed to "},
		}
		for name, one := range cases {
			entry := w.fullEntry("/full/refused")
			one.change(entry)
			c.item(name, create(entry).Results[0].Status, codes.InvalidArgument, one.text)
		}
		unknown := w.fullEntry("/full/refused")
		unknown.FederatesWith = []string{"nobody.test"}
		result := create(unknown).Results[0]
		c.isTrue("an unknown trust domain is refused: "+result.Status.Message, result.Status.Code != 0)
	})

	run("masks choose fields, and always leave the ID", func(c *check) {
		response := must(client.BatchCreateEntry(w.ctx, &entryv1.BatchCreateEntryRequest{
			Entries:    []*types.Entry{w.fullEntry("/full/masked")},
			OutputMask: &types.EntryMask{SpiffeId: true, Hint: true},
		}))
		got := response.Results[0].Entry
		defer remove(got.Id)
		c.equal("created", got, &types.Entry{Id: got.Id, SpiffeId: w.id("/full/masked"), Hint: "external"})
		bare := must(client.GetEntry(w.ctx, &entryv1.GetEntryRequest{Id: got.Id, OutputMask: &types.EntryMask{}}))
		c.equal("nothing wanted", bare, &types.Entry{Id: got.Id})
		listed := must(client.ListEntries(w.ctx, &entryv1.ListEntriesRequest{
			Filter:     &entryv1.ListEntriesRequest_Filter{BySpiffeId: w.id("/full/masked")},
			OutputMask: &types.EntryMask{RevisionNumber: true, Selectors: true},
		}))
		c.equal("listed", listed.Entries, listed.Entries)
		c.equal("listed one", listed.Entries[0], &types.Entry{Id: got.Id, Selectors: selectors("gid:1", "uid:1")})
	})

	run("GetEntry has one, or not", func(c *check) {
		_, err := client.GetEntry(w.ctx, &entryv1.GetEntryRequest{Id: "nobodys"})
		c.refused("unknown", err, codes.NotFound, "entry not found")
		_, err = client.GetEntry(w.ctx, &entryv1.GetEntryRequest{})
		c.refused("no ID", err, codes.InvalidArgument, "missing ID")
	})

	run("BatchUpdateEntry replaces all without a mask, and else what the mask names", func(c *check) {
		first := create(w.fullEntry("/full/updated")).Results[0].Entry
		defer remove(first.Id)
		update := func(entry *types.Entry, mask *types.EntryMask) *entryv1.BatchUpdateEntryResponse_Result {
			return must(client.BatchUpdateEntry(w.ctx, &entryv1.BatchUpdateEntryRequest{Entries: []*types.Entry{entry}, InputMask: mask})).Results[0]
		}
		masked := update(&types.Entry{Id: first.Id, Hint: "internal", X509SvidTtl: 5}, &types.EntryMask{Hint: true})
		c.item("masked", masked.Status, codes.OK, "OK")
		wanted := proto.Clone(first).(*types.Entry)
		wanted.Hint, wanted.RevisionNumber = "internal", 1
		c.equal("masked", masked.Entry, wanted)
		same := update(&types.Entry{Id: first.Id, Hint: "internal"}, &types.EntryMask{Hint: true})
		c.equal("revision after no change", same.Entry.GetRevisionNumber(), int64(2))
		plain := &types.Entry{Id: first.Id, SpiffeId: first.SpiffeId, ParentId: first.ParentId, Selectors: selectors("uid:7")}
		whole := update(plain, nil)
		plain.RevisionNumber, plain.CreatedAt = 3, first.CreatedAt
		c.equal("whole", whole.Entry, plain)
		c.item("unknown", update(&types.Entry{Id: "nobodys", Hint: "x"}, &types.EntryMask{Hint: true}).Status, codes.NotFound, "")
		c.item("not a parent", update(&types.Entry{Id: first.Id, ParentId: &types.SPIFFEID{TrustDomain: "elsewhere.test", Path: "/a"}}, &types.EntryMask{ParentId: true}).Status, codes.InvalidArgument, "failed to convert entry: ")
		c.item("bare", update(&types.Entry{Id: first.Id}, nil).Status, codes.InvalidArgument, "failed to convert entry: ")
	})

	run("BatchDeleteEntry says for each what became of it", func(c *check) {
		id := create(w.fullEntry("/full/deleted")).Results[0].Entry.Id
		response := must(client.BatchDeleteEntry(w.ctx, &entryv1.BatchDeleteEntryRequest{Ids: []string{id, "nobodys", ""}}))
		c.item("deleted", response.Results[0].Status, codes.OK, "OK")
		c.equal("its ID", response.Results[0].Id, id)
		c.item("unknown", response.Results[1].Status, codes.NotFound, "entry not found")
		c.equal("its ID", response.Results[1].Id, "nobodys")
		c.item("empty", response.Results[2].Status, codes.InvalidArgument, "missing entry ID")
	})

	run("lists come in pages, and end with an empty one", func(c *check) {
		for i := range 5 {
			entry := w.fullEntry(fmt.Sprintf("/paged/%d", i))
			entry.ParentId = w.id("/paged/parent")
			id := create(entry).Results[0].Entry.Id
			defer remove(id)
		}
		filter := &entryv1.ListEntriesRequest_Filter{ByParentId: w.id("/paged/parent")}
		page := func(size int32, token string) (*entryv1.ListEntriesResponse, error) {
			return client.ListEntries(w.ctx, &entryv1.ListEntriesRequest{Filter: filter, PageSize: size, PageToken: token})
		}
		whole, err := page(0, "")
		c.ok("whole", err)
		c.equal("whole", paths(whole.Entries), []string{"/paged/0", "/paged/1", "/paged/2", "/paged/3", "/paged/4"})
		c.equal("no token", whole.NextPageToken, "")
		var sizes []int
		for token := ""; ; {
			response, err := page(2, token)
			c.ok("page", err)
			sizes = append(sizes, len(response.Entries))
			if token = response.NextPageToken; token == "" {
				break
			}
		}
		c.equal("sizes", sizes, []int{2, 2, 1, 0})
		exact, err := page(5, "")
		c.ok("exact", err)
		c.isTrue("a token after the last of a full page", exact.NextPageToken != "")
		_, err = page(2, "no token")
		c.isTrue("no page for a bad token", err != nil)
	})

	run("filters keep what they name", func(c *check) {
		set := func(path string, texts []string, change func(*types.Entry)) string {
			entry := &types.Entry{SpiffeId: w.id(path), ParentId: w.id("/filtered/parent"), Selectors: selectors(texts...)}
			change(entry)
			return create(entry).Results[0].Entry.Id
		}
		none := func(*types.Entry) {}
		for _, id := range []string{
			set("/filtered/a", []string{"uid:1"}, func(e *types.Entry) { e.Downstream = true }),
			set("/filtered/ab", []string{"uid:1", "gid:1"}, func(e *types.Entry) { e.Hint = "h" }),
			set("/filtered/abc", []string{"uid:1", "gid:1", "user:x"}, none),
		} {
			defer remove(id)
		}
		listed := func(change func(*entryv1.ListEntriesRequest_Filter)) []string {
			filter := &entryv1.ListEntriesRequest_Filter{ByParentId: w.id("/filtered/parent")}
			change(filter)
			response := must(client.ListEntries(w.ctx, &entryv1.ListEntriesRequest{Filter: filter}))
			count := must(client.CountEntries(w.ctx, &entryv1.CountEntriesRequest{Filter: &entryv1.CountEntriesRequest_Filter{
				BySpiffeId: filter.BySpiffeId, ByParentId: filter.ByParentId, BySelectors: filter.BySelectors, ByHint: filter.ByHint, ByDownstream: filter.ByDownstream,
			}}))
			c.equal("count", int(count.Count), len(response.Entries))
			return sorted(paths(response.Entries))
		}
		match := func(behavior types.SelectorMatch_MatchBehavior, texts ...string) func(*entryv1.ListEntriesRequest_Filter) {
			return func(f *entryv1.ListEntriesRequest_Filter) {
				f.BySelectors = &types.SelectorMatch{Match: behavior, Selectors: selectors(texts...)}
			}
		}
		all := []string{"/filtered/a", "/filtered/ab", "/filtered/abc"}
		c.equal("parent", listed(func(*entryv1.ListEntriesRequest_Filter) {}), all)
		c.equal("exact", listed(match(types.SelectorMatch_MATCH_EXACT, "gid:1", "uid:1")), []string{"/filtered/ab"})
		c.equal("subset", listed(match(types.SelectorMatch_MATCH_SUBSET, "gid:1", "uid:1")), []string{"/filtered/a", "/filtered/ab"})
		c.equal("superset", listed(match(types.SelectorMatch_MATCH_SUPERSET, "gid:1")), []string{"/filtered/ab", "/filtered/abc"})
		c.equal("any", listed(match(types.SelectorMatch_MATCH_ANY, "user:x", "user:y")), []string{"/filtered/abc"})
		c.equal("hint", listed(func(f *entryv1.ListEntriesRequest_Filter) { f.ByHint = wrapperspb.String("h") }), []string{"/filtered/ab"})
		c.equal("downstream", listed(func(f *entryv1.ListEntriesRequest_Filter) { f.ByDownstream = wrapperspb.Bool(true) }), []string{"/filtered/a"})
		c.equal("not downstream is no filter", listed(func(f *entryv1.ListEntriesRequest_Filter) { f.ByDownstream = wrapperspb.Bool(false) }), all)
		c.equal("ID", listed(func(f *entryv1.ListEntriesRequest_Filter) { f.BySpiffeId = w.id("/filtered/abc") }), []string{"/filtered/abc"})
		_, err := client.ListEntries(w.ctx, &entryv1.ListEntriesRequest{Filter: &entryv1.ListEntriesRequest_Filter{BySelectors: &types.SelectorMatch{}}})
		c.refused("no selectors", err, codes.InvalidArgument, "malformed selectors filter: empty selector set")
		_, err = client.ListEntries(w.ctx, &entryv1.ListEntriesRequest{Filter: &entryv1.ListEntriesRequest_Filter{ByFederatesWith: &types.FederatesWithMatch{}}})
		c.refused("no trust domains", err, codes.InvalidArgument, "malformed federates with filter: empty trust domain set")
		_, err = client.ListEntries(w.ctx, &entryv1.ListEntriesRequest{Filter: &entryv1.ListEntriesRequest_Filter{BySpiffeId: &types.SPIFFEID{TrustDomain: "elsewhere.test", Path: "/a"}}})
		c.refused("foreign ID", err, codes.InvalidArgument, "malformed SPIFFE ID filter: ")
	})
}

// eventually repeats until the server has seen a change: SPIRE reads its entries every few seconds.
func eventually(c *check, what string, holds func() bool) {
	for range 300 {
		if holds() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	c.failf("%s: not within 15 s", what)
}

func authorizedChecks(w *world) {
	client := entryv1.NewEntryClient(w.agent)

	run("GetAuthorizedEntries gives an agent its entries, masked", func(c *check) {
		wanted := []string{"/sdk/admin", "/sdk/downstream", "/sdk/workload"}
		eventually(c, "its entries", func() bool {
			response, err := client.GetAuthorizedEntries(w.ctx, &entryv1.GetAuthorizedEntriesRequest{OutputMask: &types.EntryMask{SpiffeId: true}})
			if err != nil {
				return false
			}
			var got []string
			for _, entry := range response.Entries {
				c.isTrue("no selectors", entry.Selectors == nil)
				if entry.SpiffeId.Path != agentAlias {
					got = append(got, entry.SpiffeId.Path)
				}
			}
			return fmt.Sprint(sorted(got)) == fmt.Sprint(wanted)
		})
	})

	run("SyncAuthorizedEntries sends few entries whole, and asks for a sensible first message", func(c *check) {
		stream := must(client.SyncAuthorizedEntries(w.ctx))
		c.ok("send", stream.Send(&entryv1.SyncAuthorizedEntriesRequest{}))
		response, err := stream.Recv()
		c.ok("receive", err)
		c.isTrue("whole", len(response.Entries) >= 3 && len(response.EntryRevisions) == 0 && !response.More)
		c.ok("end", stream.CloseSend())
		_, err = stream.Recv()
		c.equal("the server ends too", err, io.EOF)
		refused := func(what string, request *entryv1.SyncAuthorizedEntriesRequest, text string) {
			stream := must(client.SyncAuthorizedEntries(w.ctx))
			c.ok(what, stream.Send(request))
			_, err := stream.Recv()
			c.refused(what, err, codes.InvalidArgument, text)
		}
		refused("IDs first", &entryv1.SyncAuthorizedEntriesRequest{Ids: []string{"x"}}, "specifying IDs on initial request is not supported")
		refused("no revisions", &entryv1.SyncAuthorizedEntriesRequest{OutputMask: &types.EntryMask{SpiffeId: true}}, "revision number cannot be masked")
	})

	run("SyncAuthorizedEntries sends many as revisions, and whole what is asked for", func(c *check) {
		const many = 600
		admin := entryv1.NewEntryClient(w.local)
		var wanted []*types.Entry
		for i := range many {
			wanted = append(wanted, &types.Entry{SpiffeId: w.id(fmt.Sprintf("/many/%d", i)), ParentId: w.id(agentAlias), Selectors: selectors("uid:1")})
		}
		var ids []string
		for _, result := range must(admin.BatchCreateEntry(w.ctx, &entryv1.BatchCreateEntryRequest{Entries: wanted})).Results {
			ids = append(ids, result.Entry.Id)
		}
		defer func() { must(admin.BatchDeleteEntry(w.ctx, &entryv1.BatchDeleteEntryRequest{Ids: ids})) }()
		eventually(c, "many entries", func() bool {
			response, err := client.GetAuthorizedEntries(w.ctx, &entryv1.GetAuthorizedEntriesRequest{OutputMask: &types.EntryMask{}})
			return err == nil && len(response.Entries) >= many
		})
		stream := must(client.SyncAuthorizedEntries(w.ctx))
		c.ok("send", stream.Send(&entryv1.SyncAuthorizedEntriesRequest{}))
		revisions := map[string]*entryv1.EntryRevision{}
		for {
			page, err := stream.Recv()
			c.ok("page", err)
			c.isTrue("500 at most, and no entries", len(page.EntryRevisions) <= 500 && len(page.Entries) == 0)
			for _, revision := range page.EntryRevisions {
				revisions[revision.Id] = revision
			}
			if !page.More {
				break
			}
		}
		c.isTrue("all of them", len(revisions) >= many)
		asked := []string{ids[7], "nobodys", ids[3]}
		c.ok("ask", stream.Send(&entryv1.SyncAuthorizedEntriesRequest{Ids: asked}))
		page, err := stream.Recv()
		c.ok("entries", err)
		c.equal("those that there are", len(page.Entries), 2)
		for _, entry := range page.Entries {
			revision := revisions[entry.Id]
			c.equal("revision", entry.RevisionNumber, revision.GetRevisionNumber())
			c.equal("created", entry.CreatedAt, revision.GetCreatedAt())
		}
		c.ok("end", stream.CloseSend())
		_, err = stream.Recv()
		c.equal("the server ends too", err, io.EOF)
	})
}
