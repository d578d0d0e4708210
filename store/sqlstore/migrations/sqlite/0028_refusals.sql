-- Why requests were refused, as in migrations/mysql.

CREATE TABLE refusals (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT NOT NULL UNIQUE,
  request_id TEXT NOT NULL,
  at         INTEGER NOT NULL,
  last_at    INTEGER NOT NULL,
  times      INTEGER NOT NULL,
  kind       TEXT NOT NULL,
  code       TEXT NOT NULL,
  endpoint   TEXT NOT NULL,
  client_id  TEXT NOT NULL,
  user_id    INTEGER NOT NULL, -- 0: nobody, or unknown
  network    TEXT NOT NULL,
  reason     TEXT NOT NULL,
  given      TEXT NOT NULL,
  expected   TEXT NOT NULL,
  parameters TEXT NOT NULL
) STRICT;

CREATE INDEX refusals_request ON refusals (request_id);
CREATE INDEX refusals_client ON refusals (client_id, seq);
CREATE INDEX refusals_kind ON refusals (kind, seq);
CREATE INDEX refusals_user ON refusals (user_id);
CREATE INDEX refusals_at ON refusals (at);
