-- Events go here, and audit_events, where the release before writes, empties by age: see
-- docs/decisions/0037. It only adds. IDs begin at 2^40 + 1 (store.AuditSplit), above any that
-- audit_events will have.

CREATE TABLE IF NOT EXISTS audit_log (
  id          BIGINT NOT NULL AUTO_INCREMENT,
  happened_at BIGINT NOT NULL,
  kind        VARBINARY(64) NOT NULL,
  actor       VARBINARY(320) NOT NULL,
  subject     VARBINARY(320) NOT NULL,
  session_id  VARBINARY(64) NOT NULL,
  client_id   VARBINARY(255) NOT NULL,
  ip          VARCHAR(64) NOT NULL,
  request_id  VARCHAR(128) NOT NULL,
  detail      MEDIUMTEXT NOT NULL,
  PRIMARY KEY (id, happened_at),
  KEY audit_log_time (happened_at, id),
  KEY audit_log_kind (kind, id),
  KEY audit_log_actor (actor, id),
  KEY audit_log_subject (subject, id),
  KEY audit_log_request (request_id, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin AUTO_INCREMENT=1099511627777
PARTITION BY RANGE (happened_at) (PARTITION later VALUES LESS THAN MAXVALUE); -- the servers split it

-- How far audit_log was delivered; through is for audit_events.
ALTER TABLE audit_deliveries ADD COLUMN log_through BIGINT NOT NULL DEFAULT 1099511627776;
