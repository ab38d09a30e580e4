-- Times are milliseconds since 1970. Tokens are kept as their SHA-256 only.

CREATE TABLE user (
    id           TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    password     TEXT,              -- PHC string; NULL until the person has signed up
    created      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- At most one per user: a new link replaces the one before.
CREATE TABLE sign_up_link (
    user    TEXT PRIMARY KEY REFERENCES user (id) ON DELETE CASCADE,
    token   BLOB NOT NULL UNIQUE,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE login (
    token     BLOB PRIMARY KEY,
    user      TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    created   INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    expires   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX login_by_user ON login (user, last_seen);
CREATE INDEX login_by_expiry ON login (expires);

-- One line per person and call. The peer may be somebody without an account here, hence no reference.
CREATE TABLE history (
    user        TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    call        BLOB NOT NULL,
    peer        TEXT NOT NULL,
    direction   TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    reason      TEXT NOT NULL,
    media       TEXT NOT NULL,      -- JSON array
    started     INTEGER NOT NULL,
    duration    INTEGER NOT NULL,
    device_name TEXT,
    PRIMARY KEY (user, call)
) STRICT, WITHOUT ROWID;

CREATE INDEX history_by_time ON history (user, started, call);
