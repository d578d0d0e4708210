-- What has ended stays ended, by numbers, as in migrations/mysql.

ALTER TABLE users ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN all_ended_at INTEGER NOT NULL DEFAULT 0;

CREATE TABLE generations (
  user_id      INTEGER NOT NULL,
  client_id    TEXT NOT NULL,
  generation   INTEGER NOT NULL,
  all_ended_at INTEGER NOT NULL,
  erased       INTEGER NOT NULL,
  PRIMARY KEY (user_id, client_id)
) STRICT, WITHOUT ROWID;

ALTER TABLE sessions ADD COLUMN user_gen INTEGER;
ALTER TABLE sessions ADD COLUMN client_gen INTEGER;
ALTER TABLE sessions ADD COLUMN consent_gen INTEGER;
CREATE INDEX sessions_like ON sessions (user_id, client_id, ended_at, user_gen, created_at);

ALTER TABLE auth_codes ADD COLUMN user_gen INTEGER;
ALTER TABLE auth_codes ADD COLUMN client_gen INTEGER;
ALTER TABLE auth_codes ADD COLUMN consent_gen INTEGER;

ALTER TABLE device_grants ADD COLUMN user_gen INTEGER;
ALTER TABLE device_grants ADD COLUMN client_gen INTEGER;
ALTER TABLE device_grants ADD COLUMN consent_gen INTEGER;

ALTER TABLE pushed_requests ADD COLUMN client_gen INTEGER;
ALTER TABLE consents ADD COLUMN client_gen INTEGER;

ALTER TABLE browser_sessions ADD COLUMN user_gen INTEGER;
ALTER TABLE browser_sessions ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;

CREATE TABLE pending_ends (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id    INTEGER NOT NULL,
  client_id  TEXT NOT NULL,
  browser_id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  gone       INTEGER NOT NULL,
  reason     TEXT NOT NULL,
  actor      TEXT NOT NULL,
  sub        TEXT NOT NULL,
  logout_uri TEXT NOT NULL,
  ended_at   INTEGER NOT NULL,
  due_at     INTEGER NOT NULL,
  sessions   INTEGER NOT NULL
) STRICT;

CREATE INDEX pending_ends_due ON pending_ends (due_at);

ALTER TABLE logout_notices ADD COLUMN uri TEXT NOT NULL DEFAULT '';
