module github.com/runnel-go/runnel/cmd/runnel

go 1.26

require github.com/runnel-go/runnel v0.0.0
