//! Our relay and nothing else: `visavis-bare-relay ADDRESS SECRET WORKERS [without-tick|portable]`. Peers of the loopback
//! interface may be reached, and what a stranger may cost is not limited, since all of the load comes from one address.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use visavis_relay::{AuthSecret, Engine, Relay, RelayConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = |name| arguments.next().with_context(|| format!("{name} is missing"));
    let address: SocketAddr = argument("ADDRESS")?.parse()?;
    let mut config = RelayConfig::new(AuthSecret::new(argument("SECRET")?), [7; 32]);
    config.workers = argument("WORKERS")?.parse()?;
    match arguments.next().as_deref() {
        None => {}
        Some("without-tick") => config.tick = Duration::ZERO,
        Some("portable") => config.engine = Engine::Portable,
        Some(other) => bail!("{other} is neither without-tick nor portable"),
    }
    config.listen_udp = vec![address];
    config.allow_peers = vec![address.ip().into()];
    config.limits.stranger_answers_per_second = u32::MAX / 8;
    config.limits.stranger_answers_burst = u32::MAX / 8;
    // What one client can push is what is measured.
    config.limits.new_allocations_per_second = 0;
    config.limits.new_peers_per_second = 0;
    config.limits.packets_per_second = 0;
    config.limits.bytes_per_second = 0;
    config.limits.user_packets_per_second = 0;
    config.limits.user_bytes_per_second = 0;
    let _relay = Relay::start(config).await?;
    // Whoever has started us kills us.
    tokio::signal::ctrl_c().await?;
    Ok(())
}
