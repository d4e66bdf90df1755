module github.com/runnel-go/runnel/bench

go 1.26

require (
	github.com/puzpuzpuz/xsync/v4 v4.5.0
	github.com/runnel-go/runnel v0.0.0
)
