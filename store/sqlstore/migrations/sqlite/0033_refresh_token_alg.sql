-- What signs an app's refresh tokens, as in migrations/mysql.

ALTER TABLE clients ADD COLUMN refresh_token_alg TEXT NOT NULL DEFAULT 'RS256';
ALTER TABLE clients ADD COLUMN refresh_token_alg_before TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN refresh_token_alg_from INTEGER NOT NULL DEFAULT 0;
