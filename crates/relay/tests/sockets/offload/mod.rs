//! What the kernel forwards past the relay's sockets, between network namespaces: a machine with the relay, and a network
//! with clients and peers. Skipped where the superuser is needed and not there, unless `VISAVIS_REQUIRE_ALL=1`.

mod bed;
mod forwarding;
mod headers;
mod limits;
mod namespace;
mod passing;
