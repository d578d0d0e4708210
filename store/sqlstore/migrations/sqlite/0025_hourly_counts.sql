-- What the plots of the console show, as in migrations/mysql.

CREATE TABLE hourly_counts (
  client_id TEXT NOT NULL, -- empty: no app, or those beyond the ones that are counted on their own
  kind      TEXT NOT NULL,
  detail    TEXT NOT NULL,
  began_at  INTEGER NOT NULL, -- the hour
  n         INTEGER NOT NULL,
  PRIMARY KEY (client_id, kind, detail, began_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX hourly_counts_kind ON hourly_counts (kind, began_at);
CREATE INDEX hourly_counts_began ON hourly_counts (began_at);
