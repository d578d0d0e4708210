-- Which audience the refresh tokens of a session have, so that a repeat is the same
-- byte for byte: the issuer (0, as in the releases before), or the token endpoint (1).
-- The release before accepts only the issuer. So new sessions have the issuer as well,
-- until the operator finishes this migration. A database that has never been used has
-- no release before.

ALTER TABLE sessions ADD COLUMN refresh_audience TINYINT NOT NULL DEFAULT 0;

CREATE TABLE IF NOT EXISTS finished_migrations (
  name        VARBINARY(64) NOT NULL PRIMARY KEY,
  finished_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT IGNORE INTO finished_migrations (name, finished_at)
SELECT 'refresh_audience', UNIX_TIMESTAMP() * 1000 FROM DUAL
WHERE NOT EXISTS (SELECT 1 FROM users) AND NOT EXISTS (SELECT 1 FROM sessions) AND NOT EXISTS (SELECT 1 FROM signing_keys);
