//! The Visavis server: web app, HTTP API, WebSocket signaling, relay, in one binary.
