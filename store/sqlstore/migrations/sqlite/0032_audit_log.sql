-- Events go here, as in migrations/mysql.

CREATE TABLE audit_log (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  happened_at INTEGER NOT NULL,
  kind        TEXT NOT NULL,
  actor       TEXT NOT NULL,
  subject     TEXT NOT NULL,
  session_id  TEXT NOT NULL,
  client_id   TEXT NOT NULL,
  ip          TEXT NOT NULL,
  request_id  TEXT NOT NULL,
  detail      TEXT NOT NULL
) STRICT;

CREATE INDEX audit_log_time ON audit_log (happened_at, id);
CREATE INDEX audit_log_kind ON audit_log (kind, id);
CREATE INDEX audit_log_actor ON audit_log (actor, id);
CREATE INDEX audit_log_subject ON audit_log (subject, id);
CREATE INDEX audit_log_request ON audit_log (request_id, id);

INSERT INTO sqlite_sequence (name, seq) VALUES ('audit_log', 1099511627776);

ALTER TABLE audit_deliveries ADD COLUMN log_through INTEGER NOT NULL DEFAULT 1099511627776;
