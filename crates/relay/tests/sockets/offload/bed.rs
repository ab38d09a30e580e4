//! Two network namespaces, joined by cables.
//!
//! ```text
//!  relay's machine                  network with clients and peers
//!    near1  10.77.1.1   ────────────  far1  10.77.1.2, 10.77.1.3
//!           fd77:1::1                       fd77:1::2, fd77:1::3
//!    near2  10.77.2.1   ────────────  far2  10.77.2.2, 10.77.2.3
//!           fd77:2::1                       fd77:2::2, fd77:2::3
//! ```

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use visavis_relay::{AuthSecret, Offload, Relay, RelayConfig};

use super::namespace::Namespace;
use crate::client::{Client, SECRET, wait_for};

/// Longer than anything takes, so that a test fails rather than hangs.
const PATIENCE: Duration = Duration::from_secs(20);

const NEAR: &str = "\
ip link set lo up
for n in 1 2; do
  ip link add near$n type veth peer name far$n netns $1
  ip address add 10.77.$n.1/24 dev near$n
  ip address add fd77:$n::1/64 dev near$n nodad
  ip link set near$n up
done";
/// As over a real network, checksums are computed, and datagrams come one by one.
const FAR: &str = "\
ip link set lo up
for n in 1 2; do
  for host in 2 3; do
    ip address add 10.77.$n.$host/24 dev far$n
    ip address add fd77:$n::$host/64 dev far$n nodad
  done
  ip link set far$n up
  ethtool -K far$n tx off > /dev/null
done";

pub(crate) struct Bed {
    machine: Namespace,
    network: Namespace,
}

/// A family of addresses, and so a network at each of the two cables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Ipv4,
    Ipv6,
}

pub(crate) const FAMILIES: [Family; 2] = [Family::Ipv4, Family::Ipv6];

impl Family {
    fn of(address: SocketAddr) -> Self {
        if address.is_ipv4() { Self::Ipv4 } else { Self::Ipv6 }
    }

    pub(crate) fn ip(self, cable: u8, host: u8) -> IpAddr {
        match self {
            Self::Ipv4 => IpAddr::from([10, 77, cable, host]),
            Self::Ipv6 => format!("fd77:{cable}::{host}").parse().unwrap(),
        }
    }
}

impl Bed {
    pub(crate) fn new() -> Self {
        let bed = Self { machine: Namespace::new(), network: Namespace::new() };
        bed.machine.shell(NEAR, &[&bed.network.id().to_string()]);
        bed.network.shell(FAR, &[]);
        bed
    }

    pub(crate) fn config(family: Family) -> RelayConfig {
        let mut config = RelayConfig::new(AuthSecret::new(SECRET), [7; 32]);
        config.listen_udp = vec![SocketAddr::new(family.ip(1, 1), 0)];
        config.allow_peers = vec!["10.77.0.0/16".parse().unwrap(), "fd77::/16".parse().unwrap()];
        config.offload = Offload::Auto;
        config
    }

    /// A relay on the first cable.
    pub(crate) fn relay(&self, family: Family, change: impl FnOnce(&mut RelayConfig)) -> Relay {
        let mut config = Self::config(family);
        change(&mut config);
        self.start(Relay::start(config))
    }

    /// Its threads stay on the machine that they were started on.
    pub(crate) fn start<T: Send, E: std::fmt::Debug + Send>(
        &self,
        starting: impl Future<Output = Result<T, E>> + Send,
    ) -> T {
        self.machine.inside(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(starting).unwrap()
        })
    }

    /// A socket of a host in the network.
    pub(crate) fn socket(&self, ip: IpAddr) -> UdpSocket {
        let socket = self.network.inside(|| UdpSocket::bind((ip, 0)).unwrap());
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket
    }

    /// Has senders in the network leave checksums to their cards again, as on one machine with the relay.
    pub(crate) fn leave_checksums_to_cards(&self) {
        self.network.shell("for n in 1 2; do ethtool -K far$n tx on > /dev/null; done", &[]);
    }

    /// Something on the relay's machine.
    pub(crate) fn on_machine<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.machine.inside(work)
    }

    /// Something else in the network.
    pub(crate) fn in_network<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.network.inside(work)
    }

    /// A client at the first cable.
    pub(crate) fn client(&self, relay: &Relay) -> Client {
        let server = relay.local_addresses().udp[0];
        Client::from_udp(self.socket(Family::of(server).ip(1, 2)), server)
    }
}

/// A client with a relayed address, and a peer.
pub(crate) struct Pair {
    pub(crate) client: Client,
    /// The client's.
    pub(crate) socket: UdpSocket,
    pub(crate) relayed: SocketAddr,
    pub(crate) peer: UdpSocket,
}

impl Pair {
    pub(crate) fn new(bed: &Bed, relay: &Relay) -> Self {
        let server = relay.local_addresses().udp[0];
        let family = Family::of(server);
        let socket = bed.socket(family.ip(1, 2));
        let mut client = Client::from_udp(socket.try_clone().unwrap(), server);
        let relayed = client.allocate();
        Self { client, socket, relayed, peer: bed.socket(family.ip(1, 3)) }
    }

    pub(crate) fn peer_at(&self) -> SocketAddr {
        self.peer.local_addr().unwrap()
    }

    /// What the peer hears next, if it comes from the relayed address.
    pub(crate) fn heard_by_peer(&self) -> Vec<u8> {
        let mut buffer = vec![0; 2000];
        let (length, from) = self.peer.recv_from(&mut buffer).unwrap();
        assert_eq!(from, self.relayed);
        buffer.truncate(length);
        buffer
    }

    /// Has the client send this, which must reach the peer, and waits until the kernel has so many flows.
    pub(crate) async fn open(&mut self, relay: &Relay, message: &[u8], flows: u64) {
        self.client.send(message);
        self.heard_by_peer();
        wait_for(relay, |stats| stats.offload.flows == flows).await;
    }
}
