-- The scopes whose claims an app reads in its ID tokens, as JSON; none, as in the releases
-- before. It only adds.

ALTER TABLE clients ADD COLUMN id_token_claims VARCHAR(255) NOT NULL DEFAULT '[]';
