//! `run.json` in the data folder: where the running server can be reached, for the command line and for scripts. A relay that
//! runs alone writes `relay-run.json`.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::data_folder::{DataFolder, DataFolderError};
use crate::relay::alone;
use crate::serve::Reach;
use crate::upgrade::Program;

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFile {
    /// The process.
    pub pid: u32,
    /// Where a browser on this machine reaches plain HTTP.
    pub http: Option<String>,
    /// Where a browser on this machine reaches HTTPS.
    pub https: Option<String>,
    /// The relay's UDP addresses.
    pub relay_udp: Vec<SocketAddr>,
    /// The relay's TCP addresses.
    pub relay_tcp: Vec<SocketAddr>,
    /// The relay's TCP addresses for TLS.
    #[serde(default)]
    pub relay_tls: Vec<SocketAddr>,
}

impl RunFile {
    /// What is true of this process.
    pub fn of(reach: &Reach) -> Self {
        Self {
            pid: std::process::id(),
            http: reach.http.map(|address| format!("http://{}", local(address))),
            https: reach.https.map(|address| format!("https://{}", local(address))),
            relay_udp: reach.relay_udp.clone(),
            relay_tcp: reach.relay_tcp.clone(),
            relay_tls: reach.relay_tls.clone(),
        }
    }

    /// The same of a relay that runs alone.
    pub fn of_relay(reach: &alone::Reach) -> Self {
        Self {
            pid: std::process::id(),
            http: reach.http.map(|address| format!("http://{}", local(address))),
            https: None,
            relay_udp: reach.relay.udp.clone(),
            relay_tcp: reach.relay.tcp.clone(),
            relay_tls: reach.relay.tls.clone(),
        }
    }

    /// Writes the file, over that of an earlier run.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write(&self, folder: &DataFolder, program: Program) -> Result<(), DataFolderError> {
        let text = serde_json::to_string_pretty(self).expect("addresses and text are JSON");
        folder.write(file(program), &(text + "\n"))
    }

    /// Reads the file; none if the program has not run here or it has stopped in good order.
    pub fn read(folder: &DataFolder, program: Program) -> Option<Self> {
        serde_json::from_str(&folder.read(file(program)).ok()??).ok()
    }

    /// Removes the file: the program has stopped.
    pub fn remove(folder: &DataFolder, program: Program) {
        if let Err(error) = folder.remove(file(program)) {
            tracing::warn!(%error, "the run file stays");
        }
    }
}

const fn file(program: Program) -> &'static str {
    match program {
        Program::Server => "run.json",
        Program::Relay => "relay-run.json",
    }
}

/// The address as this machine reaches it: browsers trust `localhost` by name, and a wildcard is no address to go to.
fn local(address: SocketAddr) -> String {
    let everywhere = address.ip() == Ipv4Addr::UNSPECIFIED || address.ip() == Ipv6Addr::UNSPECIFIED;
    let by_name = everywhere || address.ip() == Ipv4Addr::LOCALHOST;
    if by_name { format!("localhost:{}", address.port()) } else { address.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_sent_to_a_name_it_trusts() {
        let local = |text: &str| local(text.parse().unwrap());
        assert_eq!(
            ["127.0.0.1:7070", "0.0.0.0:80", "[::]:7443", "192.0.2.1:80", "[::1]:7070"].map(local),
            ["localhost:7070", "localhost:80", "localhost:7443", "192.0.2.1:80", "[::1]:7070"]
        );
    }
}
