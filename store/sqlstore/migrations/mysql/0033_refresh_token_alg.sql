-- What signs an app's refresh tokens: see docs/decisions/0036. It only adds.

ALTER TABLE clients
  ADD COLUMN refresh_token_alg        VARCHAR(16) NOT NULL DEFAULT 'RS256',
  ADD COLUMN refresh_token_alg_before VARCHAR(16) NOT NULL DEFAULT '',
  ADD COLUMN refresh_token_alg_from   BIGINT NOT NULL DEFAULT 0;
