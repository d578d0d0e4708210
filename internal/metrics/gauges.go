package metrics

import (
	"database/sql"

	"github.com/prometheus/client_golang/prometheus"
)

// Gauge adds a gauge that is read whenever the metrics are requested.
func (m *Metrics) Gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// GaugeBy adds a gauge with one label. All its values are read at once.
func (m *Metrics) GaugeBy(name, help, label string, read func() map[string]float64) {
	m.registry.MustRegister(byLabel{prometheus.NewDesc(name, help, []string{label}, nil), read})
}

type byLabel struct {
	desc *prometheus.Desc
	read func() map[string]float64
}

func (b byLabel) Describe(to chan<- *prometheus.Desc) { to <- b.desc }

func (b byLabel) Collect(to chan<- prometheus.Metric) {
	for value, n := range b.read() {
		to <- prometheus.MustNewConstMetric(b.desc, prometheus.GaugeValue, n, value)
	}
}

// Pool adds the figures of the connections to the database.
func (m *Metrics) Pool(stats func() sql.DBStats) {
	m.Gauge("gatehouse_database_connections_open", "Connections to the database.", func() float64 { return float64(stats().OpenConnections) })
	m.Gauge("gatehouse_database_connections_in_use", "Connections to the database that are in use.", func() float64 { return float64(stats().InUse) })
	m.count("gatehouse_database_waits_total", "Waits for a connection to the database.", func() float64 { return float64(stats().WaitCount) })
	m.count("gatehouse_database_wait_seconds_total", "Total time of the waits for a connection to the database.", func() float64 { return stats().WaitDuration.Seconds() })
}

// count adds a counter whose value is kept elsewhere.
func (m *Metrics) count(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read))
}
