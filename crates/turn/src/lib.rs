//! STUN and TURN without sockets: allocations, permissions, channels, credentials.
