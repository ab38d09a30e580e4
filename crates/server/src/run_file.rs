//! `run.json` in the data folder: where the running server can be reached, for the command line and for scripts.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::data_folder::{DataFolder, DataFolderError};
use crate::serve::Reach;

const FILE: &str = "run.json";

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFile {
    /// The server's process.
    pub pid: u32,
    /// Where a browser on this machine reaches plain HTTP.
    pub http: Option<String>,
    /// Where a browser on this machine reaches HTTPS.
    pub https: Option<String>,
    /// The relay's UDP addresses.
    pub relay_udp: Vec<SocketAddr>,
    /// The relay's TCP addresses.
    pub relay_tcp: Vec<SocketAddr>,
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
        }
    }

    /// Writes the file, over that of an earlier run.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write(&self, folder: &DataFolder) -> Result<(), DataFolderError> {
        let text = serde_json::to_string_pretty(self).expect("addresses and text are JSON");
        folder.write(FILE, &(text + "\n"))
    }

    /// Reads the file; none if no server has run here or it has stopped in good order.
    pub fn read(folder: &DataFolder) -> Option<Self> {
        serde_json::from_str(&folder.read(FILE).ok()??).ok()
    }

    /// Removes the file: the server has stopped.
    pub fn remove(folder: &DataFolder) {
        if let Err(error) = folder.remove(FILE) {
            tracing::warn!(%error, "the run file stays");
        }
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
