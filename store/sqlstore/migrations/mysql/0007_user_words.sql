-- By what else a search finds a user beside the keys in their row: a name from each of its
-- later words on, and names without their accents. Most users have no row here. The row
-- with the empty word says up to which user the names of before are indexed.
--
-- It only adds: the release before keeps running on this schema.

CREATE TABLE IF NOT EXISTS user_words (
  word    VARBINARY(255) NOT NULL,
  user_id BIGINT NOT NULL,
  PRIMARY KEY (word, user_id),
  KEY user_words_user (user_id, word)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
