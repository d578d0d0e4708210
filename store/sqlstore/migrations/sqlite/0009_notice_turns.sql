-- Notices take turns by app, as in migrations/mysql.

CREATE INDEX logout_notices_turns ON logout_notices (client_id, next_try, id);
