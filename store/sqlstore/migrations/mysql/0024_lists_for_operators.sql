-- The lists of the console: sessions and browsers by when they began, events by request.

CREATE INDEX sessions_began ON sessions (ended_at, created_at, id);
CREATE INDEX browser_sessions_began ON browser_sessions (ended_at, created_at, id);
CREATE INDEX audit_request ON audit_events (request_id, id);
