-- Since when what was issued counts, as in migrations/mysql.

CREATE TABLE epochs (
  began_at INTEGER NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
