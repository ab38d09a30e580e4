//! X3: a million datagrams from strangers leave nothing behind. Alone in its process, so that what it measures is the
//! relay's (coturn #1999: 18 kB and a socket for every forged Allocate).

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that can not go on says where by panicking")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use visavis_relay::{AuthSecret, Relay, RelayConfig, Stats};
use visavis_turn::DropReason;
use visavis_turn::codec::{AttributeType, Class, IntegrityKey, MessageBuilder, Method, TransactionId};

/// Networks that the datagrams come from, each with so many hosts.
const NETWORKS: u8 = 50;
const HOSTS: u8 = 4;
/// Datagrams that the kernel keeps for the relay without losing one.
const ROUND: u64 = 200;
const ROUNDS: u64 = 5000;
/// Before the first measurement: buffers that are filled once.
const WARM_UP: u64 = 100;
/// Longer than a round takes, so that the test fails rather than hangs.
const PATIENCE: Duration = Duration::from_secs(20);
/// What the process may differ by, in bytes: a page here and there, but not one byte per datagram.
const NOISE: u64 = 512 * 1024;

/// Resident memory of this process.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    1024 * line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
}

/// Strangers' datagrams that were answered, or dropped for the ration.
fn looked_at(stats: &Stats) -> u64 {
    stats.turn.errors.values().sum::<u64>() + stats.turn.dropped(DropReason::RateLimited)
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[tokio::test]
async fn x3_a_million_forged_allocates_leave_the_relay_as_large_as_it_was() {
    let mut config = RelayConfig::new(AuthSecret::new("north"), [7; 32]);
    config.listen_udp = vec!["127.0.0.1:0".parse().unwrap()];
    // A small ration, or a slow machine would answer all of them.
    (config.limits.stranger_answers_per_second, config.limits.stranger_answers_burst) = (1, 4);
    let relay = Relay::start(config).await.unwrap();
    let server = relay.local_addresses().udp[0];
    let sources: Vec<UdpSocket> = (0..NETWORKS)
        .flat_map(|network| (1..=HOSTS).map(move |host| Ipv4Addr::new(127, 3, network, host)))
        .map(|ip| UdpSocket::bind(SocketAddr::new(IpAddr::V4(ip), 0)).unwrap())
        .collect();
    // One without credentials, and one with credentials that are made up; nobody reads the answers.
    let builder = || {
        MessageBuilder::new(Class::Request, Method::Allocate, TransactionId([6; 12]))
            .attribute(AttributeType::REQUESTED_TRANSPORT, &[17, 0, 0, 0])
    };
    let bare = builder().finish();
    let guessed = builder()
        .attribute(AttributeType::USERNAME, b"4000000000:alice")
        .attribute(AttributeType::REALM, b"visavis")
        .attribute(AttributeType::NONCE, b"a guess")
        .integrity(&IntegrityKey::long_term("4000000000:alice", "visavis", "a guess"))
        .finish();

    let (mut sent, mut before) = (0, None);
    for round in 0..WARM_UP + ROUNDS {
        if round == WARM_UP {
            before = Some((resident(), open_files()));
        }
        for source in &sources {
            // Every tenth costs the relay an HMAC over what was guessed.
            let datagram = if sent % 10 == 0 { &guessed } else { &bare };
            source.send_to(datagram, server).unwrap();
            sent += 1;
        }
        // All have been looked at before more are sent: none was lost on the way.
        let all = tokio::time::timeout(PATIENCE, async {
            while looked_at(&relay.stats().await.unwrap()) < sent {
                tokio::task::yield_now().await;
            }
        });
        assert!(all.await.is_ok(), "{sent} sent, but {:?}", relay.stats().await);
    }
    assert_eq!(sent, (WARM_UP + ROUNDS) * ROUND);
    let (memory, files) = before.unwrap();
    let (memory_after, files_after) = (resident(), open_files());
    assert_eq!(files_after, files, "file descriptors");
    assert!(memory_after <= memory + NOISE, "{memory} bytes have become {memory_after}");
    let stats = relay.stats().await.unwrap();
    assert_eq!((stats.turn.allocations, stats.turn.allocations_opened), (0, 0));
    assert!(stats.turn.dropped(DropReason::RateLimited) > sent / 2, "{stats:?}");
    relay.shutdown().await;
}
