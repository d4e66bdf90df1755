package drivertest

import (
	"slices"
	"testing"
)

// Every case can fail: there is a broken engine that it notices, in the list of those or here. One that
// nothing makes fail proves nothing.
func TestEveryCaseCanFail(t *testing.T) {
	all := Cases()
	for _, c := range all {
		if slices.ContainsFunc(broken, func(b brokenEngineOf) bool { return b.by == c.Name }) {
			continue // TestBroken
		}
		i := slices.IndexFunc(broken, func(b brokenEngineOf) bool { return b.name == noticed[c.Name] })
		if i < 0 {
			t.Errorf("%s: no broken engine is named that it notices", c.Name)
		} else if len(verdict(t, c, broken[i].make())) == 0 {
			t.Errorf("%s has not noticed that %s", c.Name, broken[i].name)
		}
	}
	for name := range noticed {
		if !slices.ContainsFunc(all, func(c Case) bool { return c.Name == name }) {
			t.Errorf("there is no case %q", name)
		}
	}
}

// noticed names for each case that is the first to notice nothing of what is broken a broken engine
// that it notices too.
var noticed = map[string]string{
	"Account/Groups":               "records for one group go to all",
	"Account/Keys":                 "in flight is said to wait",
	"Account/Lapse":                "a late ack is refused",
	"Account/NoGroup":              "DropOldest drops the newest",
	"Account/Oldest":               "batches are shuffled",
	"Account/Redelivered":          "batches are shuffled",
	"Account/Stored":               "groups compete with each other",
	"Account/Waiting":              "delay is forgotten",
	"Admin/DeleteGroup":            "declared groups are ignored",
	"Admin/DeleteTopic":            "all is counted twice",
	"Admin/Topics":                 "topics are one",
	"Close/Engine/Blocked":         "conflicts are ignored",
	"Close/Engine/Kept":            "tokens are those of before",
	"Close/Load":                   "tokens are those of before",
	"Close/Source/Order":           "keys overtake each other",
	"Close/Source/Others":          "tokens are those of before",
	"Close/Source/Twice":           "Fetch cannot be cancelled",
	"Close/Source/Wakes":           "a closed source keeps what it has",
	"Dead/GivenUp":                 "Fetch cannot be cancelled",
	"Dead/Groups":                  "letters come twice",
	"Dead/Kept":                    "letters come twice",
	"Dead/Letters":                 "letters come twice",
	"Dead/MarkRace":                "the revision of a letter is ignored",
	"Dead/Once":                    "letters come twice",
	"Dead/Purge":                   "letters come twice",
	"Dead/Seq":                     "no letter is stored",
	"Dead/Stale":                   "tokens are ignored",
	"Dead/Topics":                  "topics are one",
	"Dedup/Batch":                  "duplicates are not told",
	"Dedup/Default":                "duplicates are not told",
	"Dedup/Handles":                "duplicates are not told",
	"Dedup/Race":                   "duplicates are not told",
	"Dedup/Refused":                "ids are those of all records",
	"Dedup/Replay":                 "tokens are those of before",
	"Dedup/Settled":                "duplicates are not told",
	"Dedup/Topics":                 "topics are one",
	"Delay/Crash":                  "delayed records come early",
	"Delay/Groups":                 "delayed records come early",
	"Delay/Many":                   "delayed records come early",
	"Delay/Past":                   "batches are shuffled",
	"Delay/Place":                  "delay is forgotten",
	"Delay/Room":                   "Reject drops in silence",
	"Delay/Strict":                 "delayed records come early",
	"Delay/Zones":                  "delayed records come early",
	"Expiry/Account":               "records do not expire",
	"Expiry/Keys":                  "records do not expire",
	"Expiry/MaxAge":                "records do not expire",
	"Expiry/Never":                 "acks are counted twice",
	"Expiry/NewGroup":              "records do not expire",
	"Expiry/NoGroup":               "records do not expire",
	"Expiry/Released":              "a late ack is refused",
	"Expiry/Room":                  "Reject drops in silence",
	"Expiry/Running":               "a late ack is refused",
	"Fetch/CancelRace":             "a record comes twice now and then",
	"Fetch/Once":                   "a source takes one more than asked",
	"Fetch/Waits":                  "Fetch waits for more",
	"Fetch/WakesOne":               "Fetch cannot be cancelled",
	"Group/Kept":                   "groups compete with each other",
	"Group/Late":                   "groups compete with each other",
	"Group/LatestAgain":            "tokens are those of before",
	"Group/Orders":                 "strict is per key",
	"Group/Own":                    "groups compete with each other",
	"Lease/Bystanders":             "a closed source keeps what it has",
	"Lease/Each":                   "leases are half as long",
	"Lease/LateVerbs":              "Extend does nothing",
	"Lease/Place":                  "a source takes one more than asked",
	"Lease/Until":                  "leases are half as long",
	"Life/PerKey/1":                "acks are counted twice",
	"Life/PerKey/2":                "all is counted twice",
	"Life/PerKey/3":                "all is counted twice",
	"Life/Strict/1":                "acks are counted twice",
	"Life/Strict/2":                "all is counted twice",
	"Life/Strict/3":                "all is counted twice",
	"Life/Unordered/1":             "acks are counted twice",
	"Life/Unordered/2":             "all is counted twice",
	"Life/Unordered/3":             "all is counted twice",
	"Load/Balanced":                "all is counted twice",
	"Load/FailingKey":              "keys overtake each other",
	"Load/PerKey":                  "keys overtake each other",
	"Load/Publishers":              "acks are counted twice",
	"Load/SlowConsumer":            "a source takes one more than asked",
	"Load/Strict":                  "strict is per key",
	"Load/Topics":                  "Fetch cannot be cancelled",
	"Order/Conflict":               "keys overtake each other",
	"Order/PerKey":                 "keys overtake each other",
	"Order/PerKey/Dead":            "what is not supported is imitated",
	"Order/PerKey/Extend":          "keys overtake each other",
	"Order/PerKey/Lapse":           "keys overtake each other",
	"Order/PerKey/NoKey":           "what is not supported is imitated",
	"Order/PerKey/Release":         "keys overtake each other",
	"Order/PerKey/Settled":         "what is not supported is imitated",
	"Order/PerKey/Sources":         "keys overtake each other",
	"Order/Strict/Retry":           "strict is per key",
	"Order/Strict/Sources":         "strict is per key",
	"Overflow/Block":               "conflicts are ignored",
	"Overflow/Block/All":           "a record comes twice now and then",
	"Overflow/Block/Batch":         "a blocked Publish cannot be cancelled",
	"Overflow/Block/Groups":        "groups compete with each other",
	"Overflow/Block/Through":       "a record comes twice now and then",
	"Overflow/Block/Verbs":         "leases never end",
	"Overflow/DropNewest":          "drops are not counted",
	"Overflow/DropOldest/Keys":     "DropOldest drops the newest",
	"Overflow/DropOldest/Leased":   "DropOldest drops the newest",
	"Overflow/LatestPerKey/Full":   "LatestPerKey keeps all",
	"Overflow/LatestPerKey/Leased": "LatestPerKey keeps all",
	"Overflow/Unlimited":           "batches are shuffled",
	"Publish/Cancelled":            "a blocked Publish cannot be cancelled",
	"Publish/Creation":             "topics are one",
	"Publish/Durability":           "topics are one",
	"Publish/Handles":              "tokens are those of before",
	"Publish/ID":                   "batches are shuffled",
	"Publish/Seq":                  "tokens are those of before",
	"Publish/Set":                  "batches are shuffled",
	"Publish/Slice":                "batches are shuffled",
	"Restart/Account":              "no letter is stored",
	"Restart/Calls":                "Fetch cannot be cancelled",
	"Restart/Dedup":                "ids are remembered too long",
	"Restart/Delay":                "delayed records come early",
	"Restart/Full":                 "Reject drops in silence",
	"Restart/Groups":               "declared groups are ignored",
	"Restart/Keys":                 "a retry comes at once",
	"Restart/Lapses":               "lapses are not counted",
	"Restart/Seq":                  "tokens are those of before",
	"Restart/Settled":              "a source takes one more than asked",
	"Restart/Stored":               "header names are unique",
	"Restart/Topic":                "conflicts are ignored",
	"Retry/Crash":                  "attempts are counted by the engine",
	"Retry/Free":                   "attempts are counted by the engine",
	"Retry/Groups":                 "attempts are counted by the engine",
	"Retry/Many":                   "a retry comes at once",
	"Retry/Past":                   "tokens are those of before",
	"Settle/Mixed":                 "one wrong token fails all",
	"Settle/Nothing":               "tokens are ignored",
	"Settle/Twice":                 "Extend does nothing",
}
