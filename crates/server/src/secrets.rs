//! Keys made at the first start and kept in the data folder.
