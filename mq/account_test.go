package mq

import (
	"context"
	"errors"
	"testing"

	"github.com/runnel-go/runnel/mq/driver"
)

// counting is an engine that keeps ledgers.
type counting struct {
	*stub
	accounts map[string]driver.Account
	err      error
}

func (c *counting) Topics(context.Context) (all []driver.Topic, err error) {
	for _, name := range []string{"gone", "orders", "payments"} {
		all = append(all, driver.Topic{Name: name})
	}
	return all, nil
}

func (c *counting) Account(_ context.Context, topic string) (driver.Account, error) {
	if a, ok := c.accounts[topic]; ok {
		return a, c.err
	}
	return driver.Account{}, driver.ErrUnknownTopic
}

func (c *counting) DeleteTopic(context.Context, string) error         { return nil }
func (c *counting) DeleteGroup(context.Context, string, string) error { return nil }

func newCounting() *counting {
	return &counting{stub: newStub(), accounts: map[string]driver.Account{
		"orders": {Topic: "orders", Published: 3}, "payments": {Topic: "payments"},
	}}
}

func TestAccount(t *testing.T) {
	c := Open(newCounting(), nil)
	if a, err := c.Account(t.Context(), "orders"); err != nil || a.Published != 3 {
		t.Errorf("account %+v, %v", a, err)
	}
	all, err := c.Accounts(t.Context())
	if err != nil || len(all) != 2 || all[0].Topic != "orders" || all[1].Topic != "payments" {
		t.Errorf("accounts %+v, %v; want those of orders and payments", all, err)
	}
}

func TestAccountErrors(t *testing.T) {
	disk := errors.New("disk")
	broken := newCounting()
	broken.err = disk
	closed := Open(newCounting(), nil)
	closed.Close()
	for _, tt := range []struct {
		client *Client
		topic  string
		is     error
		want   string
	}{
		{Open(newCounting(), nil), "order", ErrUnknownTopic, `mq: topic "order": unknown topic; did you mean "orders"?`},
		{Open(newCounting(), nil), "x", ErrUnknownTopic, `mq: topic "x": unknown topic`},
		{Open(newStub(), nil), "orders", ErrUnsupported,
			`mq: topic "orders": account: not supported by this engine: *mq.stub keeps no ledger; Client.Stats counts what this process does`},
		{Open(broken, nil), "orders", disk, `mq: topic "orders": account: disk`},
		{closed, "orders", ErrClosed, `mq: topic "orders": client: closed`},
	} {
		_, err := tt.client.Account(t.Context(), tt.topic)
		if !errors.Is(err, tt.is) || err.Error() != tt.want {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
	if _, err := Open(newStub(), nil).Accounts(t.Context()); !errors.Is(err, ErrUnsupported) {
		t.Errorf("accounts: error %v, want ErrUnsupported", err)
	}
	if _, err := Open(broken, nil).Accounts(t.Context()); !errors.Is(err, disk) {
		t.Errorf("accounts: error %v, want %v", err, disk)
	}
}
