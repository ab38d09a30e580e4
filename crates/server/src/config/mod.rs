//! What an operator may choose: one file, environment variables and flags over it.
