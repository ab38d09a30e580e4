-- Who administers the server, and accounts that are shut for a while.

ALTER TABLE user ADD COLUMN admin    INTEGER NOT NULL DEFAULT FALSE;
ALTER TABLE user ADD COLUMN disabled INTEGER NOT NULL DEFAULT FALSE;

-- For what administrators see of calls that went wrong. The reasons are those of `failures` in sqlite/admin.rs.
CREATE INDEX history_of_failures ON history (started)
    WHERE reason IN ('"media_failed"', '"connection_lost"', '"permission"', '"incompatible_media"', '"server"');
