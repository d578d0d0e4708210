-- What an app may be held to: one way to send its secret, pushed authorization
-- requests, PKCE, and signed request objects. The default of each is off, so that
-- existing apps continue as before. A replica of the release before knows none
-- of them, and does not touch the columns when it changes an app.

ALTER TABLE clients
  ADD COLUMN auth_method_pinned            TINYINT(1) NOT NULL DEFAULT 0,
  ADD COLUMN require_par                   TINYINT(1) NOT NULL DEFAULT 0,
  ADD COLUMN require_pkce                  TINYINT(1) NOT NULL DEFAULT 0,
  ADD COLUMN require_signed_request_object TINYINT(1) NOT NULL DEFAULT 0;
