module github.com/runnel-go/runnel/mq

go 1.26.0
