module github.com/runnel-go/runnel

go 1.26
