//! The sockets of the STUN/TURN server: UDP and TCP around the visavis-turn core.
