//! The life of a one-to-one call as a pure function: step(record, event, now).
