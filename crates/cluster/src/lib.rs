//! Live call records by compare-and-set, shared by every node: in process and kept in SQLite.
