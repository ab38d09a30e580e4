//! The Visavis server: web app, HTTP API, WebSocket signaling, relay, in one binary.
//!
//! This crate only composes and performs: what a call does is decided in `visavis-call`, what a packet means in
//! `visavis-turn`. Begin with `serve`, which wires everything that `visavis serve` runs.
//!
//! ```text
//!  cli ──► config ──► serve ──► http    (listen: sockets, TLS · api: accounts, history)
//!           secrets              │
//!           tls                  ├──► accounts  (passwords, logins, sign-up links, tickets) ──► visavis-store
//! ```

pub mod accounts;
pub mod addresses;
pub mod cli;
pub mod clock;
pub mod config;
pub mod data_folder;
pub mod doctor;
pub mod http;
pub mod ice;
mod mallopt;
pub mod metrics;
pub mod networks;
pub mod open_files;
mod people;
pub mod public_address;
pub mod push;
pub mod relay;
pub mod run_file;
pub mod secrets;
pub mod self_test;
pub mod serve;
pub mod signaling;
pub mod teaching;
pub mod tls;
pub mod upgrade;
pub mod web;
pub mod webhook;
