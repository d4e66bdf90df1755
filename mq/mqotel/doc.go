// Package mqotel exports what messages do by OpenTelemetry, under the names of its semantic conventions
// for messaging: metrics by [Producer], traces by [Traced].
//
//	client := mq.Open(engine, mqotel.Traced(&mq.Options{Logger: log}, nil))
//	reader := metric.NewPeriodicReader(exporter, metric.WithProducer(mqotel.NewProducer(client)))
//
// Metrics cost messages nothing: mq counts anyway, and what it has counted is read when the reader
// collects. Traces cost two spans a message, and nothing at all where no middleware of this package
// is used. The names of all metrics and attributes are in names.go.
package mqotel
