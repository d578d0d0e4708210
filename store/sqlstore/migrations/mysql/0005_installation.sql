-- What this installation is called wherever it shares something with others, such as a
-- Redis. The row is made at the first start that needs it.

CREATE TABLE IF NOT EXISTS installations (
  only_one TINYINT NOT NULL PRIMARY KEY,
  id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
