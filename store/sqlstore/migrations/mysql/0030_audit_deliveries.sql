-- How far the audit log has been written to its sink: one for all replicas, so that any of
-- them goes on where another has stopped.

CREATE TABLE IF NOT EXISTS audit_deliveries (
  only_one TINYINT NOT NULL PRIMARY KEY, -- 1
  through  BIGINT NOT NULL -- the ID up to which every event was written
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
