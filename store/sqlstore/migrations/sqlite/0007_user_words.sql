-- By what else a search finds a user, as in migrations/mysql.

CREATE TABLE user_words (
  word    TEXT NOT NULL,
  user_id INTEGER NOT NULL,
  PRIMARY KEY (word, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX user_words_user ON user_words (user_id, word);
