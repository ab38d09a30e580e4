//! TCP: framing, slow and silent clients, too many of them.

use std::time::Duration;

use visavis_turn::codec::{Class, ErrorCode, Message, Method};

use crate::client::{Client, channel_data, start, udp, udp_socket, wait_for};

#[tokio::test]
async fn requests_that_come_byte_by_byte_or_all_at_once_are_understood() {
    let relay = start(|_| {}).await;
    let mut client = Client::tcp(&relay);
    client.challenge();
    let message = client.message(Class::Request, Method::Allocate);
    let request = client.sign(udp(message));
    for byte in request {
        client.send(&[byte]);
    }
    let relayed = client.answer().relayed.unwrap();

    let peer = udp_socket();
    client.bind(0x4000, peer.local_addr().unwrap());
    let messages = [&b""[..], b"a", b"ab", b"abc", b"abcd"];
    client.send(&messages.map(|data| channel_data(0x4000, data)).concat());
    let mut buffer = [0; 100];
    for data in messages {
        let (length, from) = peer.recv_from(&mut buffer).unwrap();
        assert_eq!((&buffer[..length], from), (data, relayed));
    }
    relay.shutdown().await;
}

#[tokio::test]
async fn what_is_neither_stun_nor_channel_data_closes_the_connection() {
    let relay = start(|_| {}).await;
    for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0, 1, 0xff, 0xff, 0x21, 0x12, 0xa4, 0x42], &[0xff; 20]]
    {
        let mut client = Client::tcp(&relay);
        client.send(garbage);
        assert_eq!(client.receive(), None);
    }
    let stats = wait_for(&relay, |stats| stats.sockets.tcp_connections == 0).await;
    // 'G' is 0x47 and could start ChannelData of 21536 bytes, which is too long.
    assert_eq!(stats.sockets.tcp_malformed, 3);
    relay.shutdown().await;
}

#[tokio::test]
async fn a_connection_without_allocation_is_closed_however_busy_it_is() {
    let relay = start(|config| config.tcp_limits.without_allocation = Duration::from_millis(300)).await;
    let mut silent = Client::tcp(&relay);
    let mut trickling = Client::tcp(&relay);
    trickling.send(&[0]);
    let mut chatting = Client::tcp(&relay);
    chatting.challenge();
    let mut allocated = Client::tcp(&relay);
    allocated.allocate();
    for client in [&mut silent, &mut trickling, &mut chatting] {
        assert_eq!(client.receive(), None);
    }
    let stats = wait_for(&relay, |stats| stats.sockets.tcp_timed_out == 3).await;
    assert_eq!((stats.sockets.tcp_connections, stats.turn.allocations), (1, 1));
    // When its allocation ends, it is on borrowed time, too.
    relay.revoke("alice/c1", Duration::MAX).await;
    assert_eq!(allocated.receive(), None);
    wait_for(&relay, |stats| stats.sockets.tcp_timed_out == 4).await;
    relay.shutdown().await;
}

#[tokio::test]
async fn only_so_many_strangers_of_one_address_are_let_in() {
    let relay = start(|config| config.tcp_limits.strangers_per_ip = 2).await;
    let mut first = Client::tcp(&relay);
    let _second = Client::tcp(&relay);
    wait_for(&relay, |stats| stats.sockets.tcp_connections == 2).await;
    assert_eq!(Client::tcp(&relay).receive(), None);
    // Who has an allocation is no stranger any more.
    first.allocate();
    let mut third = Client::tcp(&relay);
    third.challenge();
    let stats = relay.stats().await.unwrap();
    assert_eq!((stats.sockets.tcp_connections, stats.sockets.tcp_refused), (3, 1));
    relay.shutdown().await;
}

#[tokio::test]
async fn only_so_many_connections_are_let_in_at_all() {
    let relay = start(|config| config.tcp_limits.connections = 1).await;
    let mut first = Client::tcp(&relay);
    first.allocate();
    assert_eq!(Client::tcp(&relay).receive(), None);
    relay.shutdown().await;
}

#[tokio::test]
async fn a_closed_connection_ends_its_allocation() {
    let relay = start(|_| {}).await;
    let mut client = Client::tcp(&relay);
    let relayed = client.allocate();
    drop(client);
    wait_for(&relay, |stats| stats.turn.allocations == 0 && stats.sockets.tcp_connections == 0).await;
    std::net::UdpSocket::bind(relayed).unwrap();
    relay.shutdown().await;
}

#[tokio::test]
async fn a_slow_reader_loses_the_oldest_messages_whole_and_disturbs_nobody() {
    let relay = start(|config| {
        config.tcp_limits.out_queue = 8 * 1024;
        config.tcp_limits.longest_wait = Duration::from_secs(3600);
    })
    .await;
    let mut slow = Client::tcp(&relay);
    let at_slow = slow.allocate();
    let mut quick = Client::udp(&relay);
    let at_quick = quick.allocate();
    let peer = udp_socket();
    let peer_address = peer.local_addr().unwrap();
    slow.bind(0x4000, peer_address);
    quick.bind(0x4000, peer_address);

    // Until the kernel's buffers and ours are full, then once around.
    let (mut sent, mut rounds) = (0u32, 0u32);
    let data = |number: u32| [&number.to_be_bytes()[..], &[7; 1199]].concat();
    while relay.stats().await.unwrap().sockets.tcp_queue_dropped < 20 {
        for _ in 0..50 {
            peer.send_to(&data(sent), at_slow).unwrap();
            sent += 1;
        }
        peer.send_to(b"you, too", at_quick).unwrap();
        assert_eq!(quick.receive().unwrap(), channel_data(0x4000, b"you, too"));
        rounds += 1;
    }
    wait_for(&relay, |stats| stats.turn.to_client.packets == u64::from(sent + rounds)).await;

    // The last one is never the one dropped; all that come are whole and in order.
    let mut numbers = Vec::new();
    while numbers.last() != Some(&(sent - 1)) {
        let frame = slow.receive().unwrap();
        let number = u32::from_be_bytes(frame[4..8].try_into().unwrap());
        assert_eq!(frame[4..], data(number));
        numbers.push(number);
    }
    assert!(numbers.is_sorted());
    let dropped = relay.stats().await.unwrap().sockets.tcp_queue_dropped;
    assert_eq!(u64::try_from(numbers.len()).unwrap() + dropped, u64::from(sent));
    relay.shutdown().await;
}

#[tokio::test]
async fn a_slow_reader_is_not_given_media_that_has_grown_old_but_every_answer() {
    let relay = start(|config| {
        config.tcp_limits.out_queue = 1 << 20;
        config.tcp_limits.longest_wait = Duration::ZERO;
    })
    .await;
    let mut slow = Client::tcp(&relay);
    let at_slow = slow.allocate();
    let peer = udp_socket();
    slow.bind(0x4000, peer.local_addr().unwrap());

    // Once the kernel takes nothing more, whatever waits is too old at once.
    let mut sent = 0;
    while relay.stats().await.unwrap().sockets.tcp_queue_dropped < 20 {
        for _ in 0..50 {
            peer.send_to(&[7; 1200], at_slow).unwrap();
            sent += 1;
        }
        // The socket of the relayed port holds these, and not any number of them.
        wait_for(&relay, |stats| stats.turn.to_client.packets == sent).await;
    }
    let request = slow.message(Class::Request, Method::Binding).finish();
    slow.send(&request);
    wait_for(&relay, |stats| stats.turn.bindings == 1).await;

    let whole = channel_data(0x4000, &[7; 1200]);
    let mut received = 0;
    let answer = loop {
        match slow.receive().unwrap() {
            frame if frame == whole => received += 1,
            other => break other,
        }
    };
    assert_eq!(Message::decode(&answer).unwrap().method, Method::Binding);
    let dropped = relay.stats().await.unwrap().sockets.tcp_queue_dropped;
    assert_eq!(received + dropped, sent);
    relay.shutdown().await;
}

#[tokio::test]
async fn a_wrong_password_is_401_over_tcp() {
    let relay = start(|_| {}).await;
    let mut client = Client::tcp(&relay);
    client.password = "guess".to_owned();
    assert_eq!(client.try_allocate().code, Some(ErrorCode::Unauthorized));
    relay.shutdown().await;
}
