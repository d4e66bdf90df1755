package mq

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/runnel-go/runnel/mq/driver"
)

// Account is the ledger of a topic, as its engine keeps it, of what all processes have done: for each
// group
//
//	Published = Acked + Dead + Expired + Dropped + InFlight + Waiting
//
// and Account.Check tells if that does not hold.
type Account = driver.Account

// Account returns the ledger of a topic. It is exact at any moment if the engine says so
// (driver.Features.Exact), at rest otherwise. ErrUnsupported if the engine keeps none; ErrUnknownTopic
// if there is no such topic, with the one that was probably meant.
func (c *Client) Account(ctx context.Context, topic string) (Account, error) {
	admin, err := c.admin(ctx, topic)
	if err != nil {
		return Account{}, err
	}
	a, err := admin.Account(ctx, topic)
	if errors.Is(err, ErrUnknownTopic) {
		return Account{}, fmt.Errorf("mq: topic %q: %w%s", topic, err, c.meant(ctx, admin, topic))
	}
	if err != nil {
		return Account{}, fmt.Errorf("mq: topic %q: account: %w", topic, err)
	}
	return a, nil
}

// Accounts returns the ledgers of all topics, by name. Errors as of Account.
func (c *Client) Accounts(ctx context.Context) ([]Account, error) {
	admin, err := c.admin(ctx, "*")
	if err != nil {
		return nil, err
	}
	topics, err := admin.Topics(ctx)
	if err != nil {
		return nil, fmt.Errorf("mq: accounts: %w", err)
	}
	var all []Account
	for _, t := range topics {
		a, err := admin.Account(ctx, t.Name)
		if errors.Is(err, ErrUnknownTopic) {
			continue // deleted since
		}
		if err != nil {
			return nil, fmt.Errorf("mq: topic %q: account: %w", t.Name, err)
		}
		all = append(all, a)
	}
	return all, nil
}

// admin finds the engine's ledger.
func (c *Client) admin(ctx context.Context, topic string) (driver.Admin, error) {
	if err := c.check(ctx, topic); err != nil {
		return nil, err
	}
	admin, ok := driver.As[driver.Admin](c.engine)
	if !ok {
		return nil, fmt.Errorf("mq: topic %q: account: %w: %T keeps no ledger; Client.Stats counts what this process does",
			topic, ErrUnsupported, c.engine)
	}
	return admin, nil
}

// meant suggests the topic that is nearest by name, if one is near.
func (c *Client) meant(ctx context.Context, admin driver.Admin, topic string) string {
	topics, err := admin.Topics(ctx)
	if err != nil {
		return ""
	}
	return nearest(topic, topics, func(t driver.Topic) string { return t.Name })
}

// nearest suggests the one of all whose name is nearest, if one is near.
func nearest[T any](name string, all []T, nameOf func(T) string) string {
	best, least := "", len(name)
	for _, a := range all {
		if d := distance(name, nameOf(a)); d < least {
			best, least = nameOf(a), d
		}
	}
	if best == "" || least > max(1, len(name)/3) {
		return ""
	}
	return "; did you mean " + strconv.Quote(best) + "?"
}

// distance is how many bytes must be changed, added or removed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
