module github.com/runnel-go/runnel/examples

go 1.26.0

require github.com/runnel-go/runnel v0.0.0
