//! The words of the Visavis protocol: ids, JSON messages, error codes, limits.
