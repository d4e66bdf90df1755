module github.com/runnel-go/runnel/bench

go 1.26

require (
	github.com/puzpuzpuz/xsync/v4 v4.5.0
	github.com/reugn/go-streams v0.13.0
	github.com/runnel-go/runnel v0.0.0
	github.com/samber/ro v0.3.0
	github.com/sourcegraph/conc v0.3.0
)

require (
	github.com/samber/lo v1.52.0 // indirect
	go.uber.org/atomic v1.7.0 // indirect
	go.uber.org/multierr v1.9.0 // indirect
	golang.org/x/exp v0.0.0-20220303212507-bbda1eaf7a17 // indirect
	golang.org/x/text v0.22.0 // indirect
)
