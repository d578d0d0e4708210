-- Notices of logouts take turns by app, so that an app that hangs delays only its own.

CREATE INDEX logout_notices_turns ON logout_notices (client_id, next_try, id);
