-- What the plots of the console show.

-- How often something happened in an hour, or a sample of that hour.
CREATE TABLE IF NOT EXISTS hourly_counts (
  client_id VARBINARY(255) NOT NULL, -- empty: no app, or those beyond the ones that are counted on their own
  kind      VARBINARY(16) NOT NULL,
  detail    VARBINARY(255) NOT NULL,
  began_at  BIGINT NOT NULL, -- the hour
  n         BIGINT NOT NULL,
  PRIMARY KEY (client_id, kind, detail, began_at),
  KEY hourly_counts_kind (kind, began_at),
  KEY hourly_counts_began (began_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
