//! X1: a relay that answers strangers over UDP answers whoever they pretend to be. What it sends there is small and
//! rationed. The addresses of 127.0.0.0/8 play the forged ones: each is bound, so that what comes back can be counted.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Instant;

use visavis_relay::Stats;
use visavis_turn::DropReason;
use visavis_turn::codec::{Class, MessageBuilder, Method, TransactionId};

use crate::client::{Client, start, wait_for};

/// Answers to one address at once, and per second in the long run.
const BURST: u32 = 8;
const PER_SECOND: u32 = 1;

fn source(ip: [u8; 4], server: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(ip)), 0)).unwrap();
    socket.set_nonblocking(true).unwrap();
    socket.connect(server).unwrap();
    socket
}

fn request(method: Method) -> Vec<u8> {
    MessageBuilder::new(Class::Request, method, TransactionId([6; 12])).finish()
}

/// What has come back, by length.
fn answers(socket: &UdpSocket) -> Vec<usize> {
    let mut buffer = [0; 2048];
    std::iter::from_fn(|| socket.recv(&mut buffer).ok()).collect()
}

/// Strangers' datagrams that were answered, or dropped for the ration.
fn looked_at(stats: &Stats) -> u64 {
    let answered = stats.turn.bindings + stats.turn.errors.values().sum::<u64>();
    answered + stats.turn.dropped(DropReason::RateLimited)
}

#[tokio::test]
async fn x1_a_binding_is_answered_with_32_bytes_and_a_challenge_with_few() {
    let relay = start(|_| {}).await;
    let server = relay.local_addresses().udp[0];
    let stranger = source([127, 5, 0, 1], server);
    stranger.send(&request(Method::Binding)).unwrap();
    wait_for(&relay, |stats| stats.turn.bindings == 1).await;
    assert_eq!(answers(&stranger), [32]);
    for method in [Method::Allocate, Method::Refresh, Method::CreatePermission, Method::ChannelBind] {
        stranger.send(&request(method)).unwrap();
    }
    wait_for(&relay, |stats| stats.turn.errors.values().sum::<u64>() == 4).await;
    let challenges = answers(&stranger);
    // coturn 4.17 sends 72 without, and we 96 with, what RFC 8489 wants said of algorithms.
    let most = 20 + 8 + 4 + "visavis".len().next_multiple_of(4) + 4 + 36 + 4 + 8;
    assert!(challenges.len() == 4 && challenges.iter().all(|length| *length <= most), "{challenges:?}");
    relay.shutdown().await;
}

#[tokio::test]
async fn x1_a_flood_with_one_forged_source_brings_it_its_ration_and_no_more() {
    let relay = start(|config| {
        config.limits.stranger_answers_burst = BURST;
        config.limits.stranger_answers_per_second = PER_SECOND;
    })
    .await;
    let server = relay.local_addresses().udp[0];
    let mut honest = Client::udp(&relay);
    honest.allocate();
    let began = Instant::now();
    let victims: Vec<UdpSocket> = (1..=60).map(|last| source([127, 7, 7, last], server)).collect();
    let (mut sent, mut received, mut by_victim) = (0, 0, vec![0; victims.len()]);
    for _ in 0..40 {
        for (victim, count) in victims.iter().zip(&mut by_victim) {
            victim.send(&request(Method::Allocate)).unwrap();
            victim.send(&request(Method::Binding)).unwrap();
            sent += 2;
            let came = answers(victim).len();
            received += came;
            *count += came;
        }
        wait_for(&relay, |stats| {
            // The honest client's challenge was one of them.
            looked_at(stats) == sent + 1
        })
        .await;
    }
    for (victim, count) in victims.iter().zip(&mut by_victim) {
        let came = answers(victim).len();
        received += came;
        *count += came;
    }
    // Bounds that hold however long it took.
    let seconds = usize::try_from(began.elapsed().as_secs() + 1).unwrap();
    let ration =
        |burst: u32, rate: u32| usize::try_from(burst).unwrap() + seconds * usize::try_from(rate).unwrap();
    let worst = by_victim.iter().max().unwrap();
    assert!(*worst <= ration(BURST, PER_SECOND), "{worst} answers to one address");
    assert!(received <= ration(4 * BURST, 4 * PER_SECOND), "{received} answers to one network");
    let stats = relay.stats().await.unwrap();
    let rationed = stats.turn.dropped(DropReason::RateLimited);
    assert_eq!(rationed + u64::try_from(received).unwrap(), sent, "every one was answered or counted");
    // Who has an allocation is not held up by what others forge.
    let own = honest.message(Class::Request, Method::Binding).finish();
    honest.send(&own);
    assert_eq!(honest.receive().unwrap().len(), 32);
    relay.shutdown().await;
}
