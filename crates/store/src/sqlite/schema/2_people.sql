-- Contacts, blocks, preferences, missed calls, names of logins, guest links and pushes.

CREATE TABLE contact (
    user         TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    contact      TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    display_name TEXT,              -- what the user calls them; NULL for the name they chose
    favourite    INTEGER NOT NULL,
    PRIMARY KEY (user, contact)
) STRICT, WITHOUT ROWID;

CREATE INDEX contact_by_contact ON contact (contact, user);

CREATE TABLE block (
    user    TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    blocked TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    since   INTEGER NOT NULL,
    PRIMARY KEY (user, blocked)
) STRICT, WITHOUT ROWID;

CREATE INDEX block_by_blocked ON block (blocked, user);

ALTER TABLE user ADD COLUMN preferences TEXT;       -- JSON; NULL for the defaults

ALTER TABLE login ADD COLUMN agent TEXT;            -- what the browser says it is
ALTER TABLE login ADD COLUMN name TEXT;             -- what its user calls it

ALTER TABLE history ADD COLUMN peer_name TEXT;      -- for when the peer's account is gone
ALTER TABLE history ADD COLUMN quiet INTEGER NOT NULL DEFAULT 0;
ALTER TABLE history ADD COLUMN request INTEGER NOT NULL DEFAULT 0;
ALTER TABLE history ADD COLUMN unseen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE history ADD COLUMN guest TEXT;          -- the label of the link the peer came with

CREATE INDEX history_unseen ON history (user, request) WHERE unseen;

CREATE TABLE guest_link (
    id      BLOB PRIMARY KEY,
    user    TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    token   BLOB NOT NULL UNIQUE,
    label   TEXT NOT NULL,
    video   INTEGER NOT NULL,
    uses    INTEGER,                -- NULL for any number
    used    INTEGER NOT NULL DEFAULT 0,
    expires INTEGER,                -- NULL for never
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX guest_link_by_user ON guest_link (user, created);

-- A guest is a user with a line here.
CREATE TABLE guest (
    user    TEXT PRIMARY KEY REFERENCES user (id) ON DELETE CASCADE,
    host    TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    link    BLOB REFERENCES guest_link (id) ON DELETE CASCADE,  -- NULL once it was revoked while they talked
    label   TEXT NOT NULL,
    video   INTEGER NOT NULL,
    let_in  INTEGER NOT NULL DEFAULT 0,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX guest_by_host ON guest (host);
CREATE INDEX guest_by_link ON guest (link);
CREATE INDEX guest_by_expiry ON guest (expires);

-- Nobody stays behind as a user when they are no guest any more.
CREATE TRIGGER guest_leaves AFTER DELETE ON guest
BEGIN
    DELETE FROM user WHERE id = OLD.user;
END;

CREATE TABLE push (
    user        TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    device      TEXT NOT NULL,
    login       BLOB NOT NULL REFERENCES login (token) ON DELETE CASCADE,
    device_name TEXT NOT NULL,
    endpoint    TEXT NOT NULL,
    p256dh      BLOB NOT NULL,
    auth        BLOB NOT NULL,
    created     INTEGER NOT NULL,
    PRIMARY KEY (user, device)
) STRICT, WITHOUT ROWID;

CREATE INDEX push_by_login ON push (login);
