//! A relay on ports the system chooses, for trying clients against it:
//! `cargo run -p visavis-relay --example relay -- 192.0.2.1 secret [allowed-network...]`.
//! Prints where it listens and a credential for an hour; stops on Ctrl-C.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use visavis_relay::{AuthSecret, Relay, RelayConfig};

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example talks to its user")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let ip: IpAddr = arguments.next().ok_or("which address to listen on?")?.parse()?;
    let secret = AuthSecret::new(arguments.next().ok_or("which secret?")?);
    let mut config = RelayConfig::new(secret.clone(), [7; 32]);
    config.listen_udp = vec![SocketAddr::new(ip, 0)];
    config.listen_tcp = vec![SocketAddr::new(ip, 0)];
    for network in arguments {
        config.allow_peers.push(network.parse()?);
    }

    let relay = Relay::start(config).await?;
    let expires_at = SystemTime::now().duration_since(UNIX_EPOCH)? + Duration::from_secs(3600);
    let credential = visavis_turn::issue(&secret, "example", expires_at);
    println!("udp {:?}", relay.local_addresses().udp);
    println!("tcp {:?}", relay.local_addresses().tcp);
    println!("username {} password {}", credential.username, credential.password);
    tokio::signal::ctrl_c().await?;
    println!("{:#?}", relay.stats().await);
    relay.shutdown().await;
    Ok(())
}
