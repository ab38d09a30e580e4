//! What the devices of the running server say of its relay: from which networks it is not reached, and by which way.

use std::net::SocketAddr;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Finding, network};
use crate::clock;
use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::networks::Network;
use crate::run_file::RunFile;
use crate::secrets::Secrets;
use crate::self_test::handshake;
use crate::tls::TlsIdentity;

const SUBJECT: &str = "relay as devices find it";
/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Networks named at most; the server has the others.
const NAMED: usize = 8;
/// The longest answer: more networks than the server remembers.
const LONGEST: u64 = 1 << 20;

/// Asks the server that runs. Nothing is found where no device has looked for the relay yet.
pub(super) async fn examine(config: &Config, run: &RunFile) -> Vec<Finding> {
    if run.relay_udp.is_empty() && run.relay_tcp.is_empty() {
        return Vec::new();
    }
    match timeout(PATIENCE, ask(config, run)).await {
        Ok(Some(networks)) => findings(&networks),
        Ok(None) | Err(_) => {
            vec![Finding::doubtful(SUBJECT, "the server did not say what its devices have found")]
        }
    }
}

fn findings(networks: &[Network]) -> Vec<Finding> {
    let closed = |network: &Network| {
        let ways = network.ways.named();
        let shut: Vec<_> = ways.iter().filter(|(_, way)| way.is_closed()).map(|(name, _)| *name).collect();
        let open: Vec<_> = ways.iter().filter(|(_, way)| way.reached > 0).map(|(name, _)| *name).collect();
        let text = match (shut.is_empty(), open.is_empty()) {
            (true, _) => return None,
            (false, true) => format!(
                "from {} nobody has reached it, by {}: a firewall there lets none of these out, or one here lets none in",
                network.network,
                shut.join(" or ")
            ),
            (false, false) => format!(
                "from {} it is reached by {} and never by {}: calls from there work, those that need a relay less well",
                network.network,
                open.join(" and "),
                shut.join(" or ")
            ),
        };
        Some(Finding::doubtful(SUBJECT, text))
    };
    let mut findings: Vec<_> = networks.iter().filter_map(closed).take(NAMED).collect();
    if findings.is_empty() && !networks.is_empty() {
        let text = format!("no way to it is closed to any of the {} networks heard of", networks.len());
        findings.push(Finding::good(SUBJECT, text));
    }
    findings
}

/// `GET /api/relay/networks`, on whichever web port there is.
async fn ask(config: &Config, run: &RunFile) -> Option<Vec<Network>> {
    let folder = DataFolder::existing(&config.data.dir).ok()?;
    let token = Secrets::load_or_create(&folder).ok()?.metrics_token;
    let listening = network::listening(config, run);
    let body = match (listening.http, listening.https) {
        (Some(http), _) => get(TcpStream::connect(http).await.ok()?, &token).await?,
        (None, Some(https)) => {
            let identity = TlsIdentity::load(config, &folder, clock::now()).ok()?;
            get(over_tls(https, identity.certificate()?).await?, &token).await?
        }
        (None, None) => return None,
    };
    serde_json::from_slice(&body).ok()
}

async fn over_tls(
    at: SocketAddr,
    certificate: CertificateDer<'static>,
) -> Option<impl AsyncRead + AsyncWrite + Unpin> {
    let tcp = TcpStream::connect(at).await.ok()?;
    handshake::pinned(tcp, &at.ip().to_string(), certificate, b"http/1.1").await.ok()
}

async fn get(mut stream: impl AsyncRead + AsyncWrite + Unpin, token: &str) -> Option<Vec<u8>> {
    let request = format!(
        "GET /api/relay/networks HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer).await.ok()?;
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    answer.starts_with(b"HTTP/1.1 200").then(|| answer.split_off(end + 4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::networks::{Way, Ways};

    fn network(network: &str, udp: (u64, u64), tcp: (u64, u64), tls: (u64, u64)) -> Network {
        let way = |(reached, missed)| Way { reached, missed };
        let ways = Ways { udp: way(udp), tcp: way(tcp), tls: way(tls) };
        Network { network: network.to_owned(), ways, heard: clock::now() }
    }

    #[test]
    fn networks_from_which_a_way_never_works_are_named_with_what_works_there() {
        let office = network("198.51.100.0/24", (0, 4), (3, 1), (4, 0));
        let cellar = network("2001:db8:1::/48", (0, 2), (0, 2), (0, 0));
        let home = network("203.0.113.0/24", (9, 1), (9, 0), (0, 1));
        let told =
            |networks: &[Network]| findings(networks).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            told(&[office, cellar, home.clone()]),
            [
                "! relay as devices find it: from 198.51.100.0/24 it is reached by TCP and TLS and never by UDP: calls from there work, those that need a relay less well",
                "! relay as devices find it: from 2001:db8:1::/48 nobody has reached it, by UDP or TCP: a firewall there lets none of these out, or one here lets none in",
            ]
        );
        assert_eq!(
            told(&[home]),
            ["✓ relay as devices find it: no way to it is closed to any of the 1 networks heard of"]
        );
        assert_eq!(told(&[]), [""; 0]);
    }
}
