-- The scopes whose claims an app reads in its ID tokens, as in migrations/mysql.

ALTER TABLE clients ADD COLUMN id_token_claims TEXT NOT NULL DEFAULT '[]';
