-- Where refresh tokens are repeated: the network for which the last rotation was made,
-- and the networks from which its predecessor came again. An empty network is unknown.
-- A client's predecessors are good for the grace (strict), as in the releases before,
-- or until their successor has been used (adopted).

ALTER TABLE sessions
  ADD COLUMN rotated_net VARCHAR(64) NOT NULL DEFAULT '',
  ADD COLUMN repeat_of   VARBINARY(64) NOT NULL DEFAULT '',
  ADD COLUMN repeat_nets VARCHAR(1024) NOT NULL DEFAULT '[]'; -- a JSON array

ALTER TABLE clients ADD COLUMN rotation VARCHAR(16) NOT NULL DEFAULT 'strict';
