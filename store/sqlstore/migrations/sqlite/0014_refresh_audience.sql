-- Which audience the refresh tokens of a session have, as in migrations/mysql.

ALTER TABLE sessions ADD COLUMN refresh_audience INTEGER NOT NULL DEFAULT 0;

CREATE TABLE finished_migrations (
  name        TEXT NOT NULL PRIMARY KEY,
  finished_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO finished_migrations (name, finished_at)
SELECT 'refresh_audience', CAST(strftime('%s', 'now') AS INTEGER) * 1000
WHERE NOT EXISTS (SELECT 1 FROM users) AND NOT EXISTS (SELECT 1 FROM sessions) AND NOT EXISTS (SELECT 1 FROM signing_keys);
