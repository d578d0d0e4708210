-- Lists of people by more than role and state, and acts on many people: as in migrations/mysql.

ALTER TABLE users ADD COLUMN second INTEGER GENERATED ALWAYS AS ((factors & 3) <> 0) VIRTUAL;

CREATE INDEX users_marked ON users (role, active, email_verified, second, username_key, id);

CREATE TABLE bulk_jobs (
  id          TEXT NOT NULL PRIMARY KEY,
  act         TEXT NOT NULL,
  owner_id    INTEGER NOT NULL,
  owner_sub   TEXT NOT NULL,
  filter      TEXT NOT NULL, -- JSON: whom it concerns
  position    TEXT NOT NULL, -- JSON: how far it has come
  expected    INTEGER NOT NULL,
  changed     INTEGER NOT NULL,
  skipped     INTEGER NOT NULL,
  failed      INTEGER NOT NULL,
  outcome     TEXT NOT NULL, -- empty: not over yet
  created_at  INTEGER NOT NULL,
  finished_at INTEGER NOT NULL, -- 0: not over yet
  holder      TEXT NOT NULL, -- the replica that works on it
  held_until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX bulk_jobs_due ON bulk_jobs (finished_at, held_until);
CREATE INDEX bulk_jobs_created ON bulk_jobs (created_at, id);
