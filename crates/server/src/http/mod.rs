//! HTTP: the sockets and the account API.
