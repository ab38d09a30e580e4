//! What must outlive the process: users, credentials, logins, history. SQLite by default.
