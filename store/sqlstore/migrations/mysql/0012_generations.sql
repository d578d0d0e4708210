-- What has ended stays ended, by numbers: see docs/decisions/0013. A user, a client, a
-- consent and a browser session have a generation, which an end raises. What is founded
-- on them has the generations that it was founded on, and is dead once one differs.
--
-- It only adds. NULL is the form of the release before: a row without generations is
-- judged by the time of the last end, which is kept beside each number. Columns are
-- added without copying the tables.

-- The generation of a user, and when everything of theirs was last ended.
ALTER TABLE users
  ADD COLUMN generation   BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN all_ended_at BIGINT NOT NULL DEFAULT 0;

-- The generation of a client (user_id 0), and of the consent of a user to a client. A
-- row is added by the first end, and outlives the client and the consent, so that no
-- number is given twice. Whatever is older than `erased` was of a client that was
-- deleted.
CREATE TABLE IF NOT EXISTS generations (
  user_id      BIGINT NOT NULL,
  client_id    VARBINARY(255) NOT NULL,
  generation   BIGINT NOT NULL,
  all_ended_at BIGINT NOT NULL,
  erased       BIGINT NOT NULL,
  PRIMARY KEY (user_id, client_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

ALTER TABLE sessions
  ADD COLUMN user_gen    BIGINT NULL,
  ADD COLUMN client_gen  BIGINT NULL,
  ADD COLUMN consent_gen BIGINT NULL;

-- It finds the living sessions of a person in an app, for the statement that compares
-- their number with the bound, however many dead ones wait for their end. A refresh
-- changes none of its columns.
CREATE INDEX sessions_like ON sessions (user_id, client_id, ended_at, user_gen, created_at);

ALTER TABLE auth_codes
  ADD COLUMN user_gen    BIGINT NULL,
  ADD COLUMN client_gen  BIGINT NULL,
  ADD COLUMN consent_gen BIGINT NULL;

ALTER TABLE device_grants
  ADD COLUMN user_gen    BIGINT NULL,
  ADD COLUMN client_gen  BIGINT NULL,
  ADD COLUMN consent_gen BIGINT NULL;

ALTER TABLE pushed_requests ADD COLUMN client_gen BIGINT NULL;
ALTER TABLE consents ADD COLUMN client_gen BIGINT NULL;

-- A browser session that a sign-out ended has the generation 1. One that has run out
-- has 0: it ends nothing.
ALTER TABLE browser_sessions
  ADD COLUMN user_gen   BIGINT NULL,
  ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;

-- The ends whose rows have not all been dealt with. What ends is of the user, of the
-- client, of both, or of the browser session.
CREATE TABLE IF NOT EXISTS pending_ends (
  id         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id    BIGINT NOT NULL,
  client_id  VARBINARY(255) NOT NULL,
  browser_id VARBINARY(64) NOT NULL,
  generation BIGINT NOT NULL,
  gone       TINYINT(1) NOT NULL,  -- the user or client was deleted
  reason     VARCHAR(255) NOT NULL,
  actor      VARCHAR(255) NOT NULL,
  sub        VARCHAR(255) NOT NULL, -- of a user
  logout_uri VARCHAR(2048) NOT NULL, -- of a deleted client
  ended_at   BIGINT NOT NULL,
  due_at     BIGINT NOT NULL,
  sessions   BIGINT NOT NULL, -- ended so far
  KEY pending_ends_due (due_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Where a notice goes whose client was deleted; empty: where the client says.
ALTER TABLE logout_notices ADD COLUMN uri VARCHAR(2048) NOT NULL DEFAULT '';
