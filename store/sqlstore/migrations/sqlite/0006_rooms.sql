-- Bounds of what may be left open, as in migrations/mysql.

ALTER TABLE pushed_requests ADD COLUMN network TEXT NOT NULL DEFAULT '';
CREATE INDEX pushed_requests_by_client ON pushed_requests (client_id, expires_at);
CREATE INDEX pushed_requests_by_network ON pushed_requests (network, expires_at) WHERE network <> '';

ALTER TABLE device_grants ADD COLUMN network TEXT NOT NULL DEFAULT '';
CREATE INDEX device_grants_by_client ON device_grants (client_id, status, expires_at);
CREATE INDEX device_grants_by_network ON device_grants (network, status, expires_at) WHERE network <> '';

CREATE INDEX auth_codes_open ON auth_codes (browser_id, used_at, expires_at);
