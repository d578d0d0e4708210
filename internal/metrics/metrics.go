// Package metrics keeps the counters that operators want to see, for Prometheus. Labels are
// bounded: path templates, registered clients and fixed words, never text from a caller.
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is the set of metrics of one process.
type Metrics struct {
	registry *prometheus.Registry

	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	inFlight  prometheus.Gauge
	throttled *prometheus.CounterVec
	signIns   *prometheus.CounterVec
	sessions  *prometheus.CounterVec
	uses      *prometheus.CounterVec
	limited   *prometheus.CounterVec
	swept     *prometheus.CounterVec
	panics    prometheus.Counter
	sweepDone *prometheus.GaugeVec
	rows      *prometheus.GaugeVec
	shed      prometheus.Counter
	dropped   prometheus.Counter
	mails     *prometheus.CounterVec
	unkept    prometheus.Counter
	sunk      prometheus.Counter
	unsunk    prometheus.Counter
	behind    prometheus.Gauge
}

// New returns a fresh set, which includes those of the Go runtime and the process.
func New(version string) *Metrics {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	register := promauto.With(registry)
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return register.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return register.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	}
	gauge("gatehouse_build_info", "1, with the version as a label.", "version").WithLabelValues(version).Set(1)
	return &Metrics{
		registry: registry,
		requests: counter("gatehouse_http_requests_total", "Requests answered, by path template, method and status.", "route", "method", "status"),
		durations: register.NewHistogramVec(prometheus.HistogramOpts{
			Name: "gatehouse_http_request_duration_seconds", Help: "Time from the end of the request's header to the end of the answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route"}),
		inFlight:  gauge("gatehouse_http_requests_in_flight", "Requests being answered.").WithLabelValues(),
		throttled: counter("gatehouse_throttle_decisions_total", "Tries that a throttle judged, by kind and whether it allowed them.", "kind", "allowed"),
		signIns:   counter("gatehouse_sign_ins_total", "Names and passwords checked, by method and result.", "method", "result"),
		sessions:  counter("gatehouse_sessions_total", "Events of sessions: started, refreshed, repeated (a refresh token came again and got the same successor), ended, or reused (an old refresh token came back).", "event"),
		uses:      counter("gatehouse_session_uses_total", "Last uses of sessions on their way from Redis to the database, by result: written, failed (they are tried again) or lost.", "result"),
		limited:   counter("gatehouse_sessions_at_limit_total", "Sessions that began where a person had as many in the app as they may, by app: the result is that another one ended or that the new one was refused.", "client", "result"),
		swept:     counter("gatehouse_swept_rows_total", "Expired rows deleted, by table.", "table"),
		panics:    counter("gatehouse_panics_total", "Requests that ended in a panic.").WithLabelValues(),
		shed:      counter("gatehouse_http_requests_shed_total", "Requests turned away because too many were being worked on.").WithLabelValues(),
		sweepDone: gauge("gatehouse_sweep_done_timestamp_seconds", "When this replica last finished sweeping a table, in Unix time; the latest of all replicas counts.", "table"),
		rows:      gauge("gatehouse_table_rows", "Approximate number of rows, by table, at most ten minutes old.", "table"),
		mails:     counter("gatehouse_mails_total", "Tries to send a mail, by purpose and result: sent, failed (it is tried again), given up, or refused because too many wait.", "purpose", "result"),
		unkept:    counter("gatehouse_refusals_dropped_total", "Refusals of which the reason was not kept, because there were too many or the database did not answer.").WithLabelValues(),
		sunk:      counter("gatehouse_audit_sink_events_total", "Events of the audit log that this replica wrote to its sink.").WithLabelValues(),
		unsunk:    counter("gatehouse_audit_sink_failures_total", "Tries to write the audit log to its sink that failed; they are repeated.").WithLabelValues(),
		behind:    gauge("gatehouse_audit_sink_behind_seconds", "Age of the oldest event of the audit log that is not in its sink; 0 without a sink.").WithLabelValues(),
		dropped:   counter("gatehouse_log_lines_dropped_total", "Log lines lost because the log was blocked or its disk was full.").WithLabelValues(),
	}
}

// Signer names what makes signatures with RSA. It is called once.
func (m *Metrics) Signer(name, library string) {
	promauto.With(m.registry).NewGaugeVec(prometheus.GaugeOpts{
		Name: "gatehouse_signer_info", Help: "1, with what makes signatures with RSA as labels.",
	}, []string{"signer", "library"}).WithLabelValues(name, library).Set(1)
}

// Handler serves the metrics in the Prometheus text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Request counts one answered request.
func (m *Metrics) Request(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.durations.WithLabelValues(route).Observe(took.Seconds())
}

// RefusalsDropped counts refusals of which the reason was not kept.
func (m *Metrics) RefusalsDropped(n int) { m.unkept.Add(float64(n)) }

// InFlight adds n to the requests being answered.
func (m *Metrics) InFlight(n float64) { m.inFlight.Add(n) }

// Throttled counts one decision of a throttle.
func (m *Metrics) Throttled(kind string, allowed bool) {
	m.throttled.WithLabelValues(kind, strconv.FormatBool(allowed)).Inc()
}

// SignIn counts one name and password checked.
func (m *Metrics) SignIn(method, result string) { m.signIns.WithLabelValues(method, result).Inc() }

// Sessions counts an event of n sessions.
func (m *Metrics) Sessions(event string, n int) { m.sessions.WithLabelValues(event).Add(float64(n)) }

// SessionUses counts last uses of sessions that were written together.
func (m *Metrics) SessionUses(result string, n int) { m.uses.WithLabelValues(result).Add(float64(n)) }

// SessionLimit counts a session that began at the limit of its client.
func (m *Metrics) SessionLimit(clientID string, refused bool) {
	result := "ended"
	if refused {
		result = "refused"
	}
	m.limited.WithLabelValues(clientID, result).Inc()
}

// Swept counts rows deleted by the sweeper.
func (m *Metrics) Swept(table string, rows int64) {
	m.swept.WithLabelValues(table).Add(float64(rows))
}

// Shed counts a request that was turned away.
func (m *Metrics) Shed() { m.shed.Inc() }

// Mail counts a try to send a mail.
func (m *Metrics) Mail(purpose, result string) { m.mails.WithLabelValues(purpose, result).Inc() }

// SweepDone records when a table had nothing left to sweep.
func (m *Metrics) SweepDone(table string, at time.Time) {
	m.sweepDone.WithLabelValues(table).Set(float64(at.Unix()))
}

// Rows records how many rows the tables have.
func (m *Metrics) Rows(byTable map[string]int64) {
	for table, n := range byTable {
		m.rows.WithLabelValues(table).Set(float64(n))
	}
}

// AuditSunk counts events that were written to the sink of the audit log.
func (m *Metrics) AuditSunk(events int) { m.sunk.Add(float64(events)) }

// AuditSinkFailed counts a try to write there.
func (m *Metrics) AuditSinkFailed() { m.unsunk.Inc() }

// AuditSinkBehind records how long the oldest event has waited that is not there.
func (m *Metrics) AuditSinkBehind(d time.Duration) { m.behind.Set(d.Seconds()) }

// LogDropped counts lines that the log lost.
func (m *Metrics) LogDropped(lines int) { m.dropped.Add(float64(lines)) }

// Panic counts a request that ended in a panic.
func (m *Metrics) Panic() { m.panics.Inc() }
