-- How far the audit log has been written to its sink, as in migrations/mysql.

CREATE TABLE audit_deliveries (
  only_one INTEGER PRIMARY KEY, -- 1
  through  INTEGER NOT NULL
) STRICT;
