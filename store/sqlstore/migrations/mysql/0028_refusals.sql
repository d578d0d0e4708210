-- Why requests were refused, for a week and in bounded number, so that the developer of an
-- app can be told what to mend.

CREATE TABLE IF NOT EXISTS refusals (
  seq        BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  id         VARBINARY(64) NOT NULL,
  request_id VARBINARY(128) NOT NULL,
  at         BIGINT NOT NULL,
  last_at    BIGINT NOT NULL,
  times      BIGINT NOT NULL,
  kind       VARBINARY(64) NOT NULL,
  code       VARBINARY(64) NOT NULL,
  endpoint   VARBINARY(128) NOT NULL,
  client_id  VARBINARY(255) NOT NULL,
  user_id    BIGINT NOT NULL, -- 0: nobody, or unknown
  network    VARBINARY(64) NOT NULL,
  reason     VARCHAR(255) NOT NULL,
  given      VARCHAR(512) NOT NULL,
  expected   VARCHAR(1024) NOT NULL,
  parameters TEXT NOT NULL,
  UNIQUE KEY refusals_id (id),
  KEY refusals_request (request_id),
  KEY refusals_client (client_id, seq),
  KEY refusals_kind (kind, seq),
  KEY refusals_user (user_id),
  KEY refusals_at (at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
