-- What this installation is called, as in migrations/mysql.

CREATE TABLE installations (
  only_one INTEGER NOT NULL PRIMARY KEY CHECK (only_one = 1),
  id TEXT NOT NULL
) STRICT;
