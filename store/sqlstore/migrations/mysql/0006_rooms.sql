-- What may be left open, by strangers above all, is bounded, and the bound is compared
-- by these indexes in the statement that adds a row. A network is empty in rows of the
-- release before, and in those of apps that authenticate, which count by app alone.

ALTER TABLE pushed_requests ADD COLUMN network VARBINARY(64) NOT NULL DEFAULT '';
CREATE INDEX pushed_requests_by_client ON pushed_requests (client_id, expires_at);
CREATE INDEX pushed_requests_by_network ON pushed_requests (network, expires_at);

ALTER TABLE device_grants ADD COLUMN network VARBINARY(64) NOT NULL DEFAULT '';
CREATE INDEX device_grants_by_client ON device_grants (client_id, status, expires_at);
CREATE INDEX device_grants_by_network ON device_grants (network, status, expires_at);

CREATE INDEX auth_codes_open ON auth_codes (browser_id, used_at, expires_at);
