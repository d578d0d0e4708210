-- Since when what was issued counts: after a database was restored from a backup,
-- everything from before is void. The last row counts; the others are history.

CREATE TABLE IF NOT EXISTS epochs (
  began_at BIGINT NOT NULL PRIMARY KEY
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
