-- Lists of people by more than role and state, and acts on many people.

-- Whether a person has a second factor, in a form that an index can have.
ALTER TABLE users ADD COLUMN second TINYINT(1) GENERATED ALWAYS AS ((factors & 3) <> 0) VIRTUAL;

ALTER TABLE users ADD KEY users_marked (role, active, email_verified, second, username_key, id);

-- Acts on many people, which go on by themselves. A replica that works on one holds it for a
-- while at a time, so that another can go on if that one stops.
CREATE TABLE IF NOT EXISTS bulk_jobs (
  id          VARBINARY(64) NOT NULL PRIMARY KEY,
  act         VARBINARY(32) NOT NULL,
  owner_id    BIGINT NOT NULL,
  owner_sub   VARBINARY(64) NOT NULL,
  filter      BLOB NOT NULL, -- JSON: whom it concerns
  position    BLOB NOT NULL, -- JSON: how far it has come
  expected    BIGINT NOT NULL,
  changed     BIGINT NOT NULL,
  skipped     BIGINT NOT NULL,
  failed      BIGINT NOT NULL,
  outcome     VARBINARY(32) NOT NULL, -- empty: not over yet
  created_at  BIGINT NOT NULL,
  finished_at BIGINT NOT NULL, -- 0: not over yet
  holder      VARBINARY(64) NOT NULL, -- the replica that works on it
  held_until  BIGINT NOT NULL,
  KEY bulk_jobs_due (finished_at, held_until),
  KEY bulk_jobs_created (created_at, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
