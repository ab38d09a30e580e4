//! Payloads between pairs of devices, both ways at once.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, interval_at, timeout};

use crate::socket::Socket;
use crate::system::{Dialect, Heard};

/// How long all payloads of one exchange may take to arrive.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(120);
/// What precedes the moment of sending in a payload.
const SENT: &str = r#""sent":""#;
/// Digits of that moment, in nanoseconds.
const SENT_DIGITS: usize = 20;

/// When a device may send its next payload.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// As soon as fewer than this many of its payloads are under way.
    Window(usize),
    /// At this interval, whatever becomes of the others.
    Every(Duration),
}

/// What one exchange sends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Payloads each device sends.
    pub(crate) count: usize,
    /// Bytes of one payload.
    pub(crate) bytes: usize,
    pub(crate) pace: Pace,
}

/// A device with what it speaks.
pub(crate) struct Speaker<D> {
    pub(crate) socket: Socket,
    pub(crate) dialect: D,
}

/// How long payloads took from one device to the other.
pub(crate) type Delays = Vec<Duration>;

/// Lets each pair exchange payloads and gives the devices back, in order.
pub(crate) async fn exchange<D: Dialect>(
    pairs: Vec<(Speaker<D>, Speaker<D>)>,
    plan: Plan,
) -> Result<(Vec<(Socket, Socket)>, Delays)> {
    let devices = pairs.len() * 2;
    let epoch = Instant::now();
    let mut tasks = JoinSet::new();
    for (nth, (a, b)) in pairs.into_iter().enumerate() {
        let windows = [plan.window(), plan.window()];
        for (side, speaker) in [a, b].into_iter().enumerate() {
            let place = nth * 2 + side;
            let device = Device {
                epoch,
                turn: plan.turn(&windows[side], epoch, place, devices),
                // Without acks the one who sees a payload arrive opens the window of the one who sent it.
                other: Arc::clone(&windows[1 - side]),
                mine: Arc::clone(&windows[side]),
                delays: Vec::with_capacity(plan.count),
            };
            tasks.spawn(async move {
                let talk = device.talk(speaker, plan);
                Ok::<_, anyhow::Error>((place, talk.await?))
            });
        }
    }
    let done = timeout(EXCHANGE_TIMEOUT, tasks.join_all()).await.context("payloads are missing")?;
    let mut done = done.into_iter().collect::<Result<Vec<_>>>()?;
    done.sort_by_key(|(place, _)| *place);
    let mut delays = Vec::with_capacity(devices * plan.count);
    let mut sockets = Vec::with_capacity(devices);
    for (_, (socket, of_one)) in done {
        sockets.push(socket);
        delays.extend(of_one);
    }
    let mut sockets = sockets.into_iter();
    let mut back = Vec::with_capacity(devices / 2);
    while let (Some(a), Some(b)) = (sockets.next(), sockets.next()) {
        back.push((a, b));
    }
    Ok((back, delays))
}

impl Plan {
    fn window(self) -> Arc<Semaphore> {
        Arc::new(Semaphore::new(match self.pace {
            Pace::Window(size) => size,
            Pace::Every(_) => 0,
        }))
    }

    /// Devices that send at intervals begin one after the other, not all at once.
    fn turn(self, window: &Arc<Semaphore>, epoch: Instant, place: usize, devices: usize) -> Turn {
        match self.pace {
            Pace::Window(_) => Turn::Window(Arc::clone(window)),
            Pace::Every(period) => {
                #[expect(clippy::cast_precision_loss, reason = "a few hundred devices")]
                let part = place as f64 / devices as f64;
                Turn::Every(interval_at(epoch + period.mul_f64(part), period))
            }
        }
    }
}

enum Turn {
    Window(Arc<Semaphore>),
    Every(Interval),
}

impl Turn {
    async fn come(&mut self) {
        match self {
            Self::Window(window) => {
                // Never closed, so it always gives a permit; an ack gives it back.
                if let Ok(permit) = window.acquire().await {
                    permit.forget();
                }
            }
            Self::Every(interval) => {
                interval.tick().await;
            }
        }
    }
}

struct Device {
    epoch: Instant,
    turn: Turn,
    mine: Arc<Semaphore>,
    other: Arc<Semaphore>,
    delays: Delays,
}

impl Device {
    async fn talk<D: Dialect>(mut self, speaker: Speaker<D>, plan: Plan) -> Result<(Socket, Delays)> {
        let Speaker { mut socket, mut dialect } = speaker;
        let acks_due = if dialect.is_acked() { plan.count } else { 0 };
        let (mut sent, mut acked) = (0, 0);
        while sent < plan.count || self.delays.len() < plan.count || acked < acks_due {
            tokio::select! {
                frame = socket.receive() => {
                    let frame = frame?;
                    match dialect.hear(&frame)? {
                        Heard::Payload { ack } => {
                            self.delays.push(self.epoch.elapsed().saturating_sub(sent_at(&frame)?));
                            match ack {
                                Some(ack) => socket.send(ack).await?,
                                None => self.other.add_permits(1),
                            }
                        }
                        Heard::Acked => {
                            acked += 1;
                            self.mine.add_permits(1);
                        }
                        Heard::Other => {}
                    }
                }
                () = self.turn.come(), if sent < plan.count => {
                    sent += 1;
                    socket.send(dialect.payload(&data(plan.bytes, self.epoch.elapsed()))).await?;
                }
            }
        }
        Ok((socket, self.delays))
    }
}

/// A candidate as browsers write it, filled up to `bytes`, with the moment it was sent.
fn data(bytes: usize, sent: Duration) -> String {
    let rest = format!(
        r#"","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"Wx4g",{SENT}{:0SENT_DIGITS$}"}}"#,
        sent.as_nanos()
    );
    let mut data = String::with_capacity(bytes);
    data.push_str(r#"{"candidate":"candidate:1 1 udp 2122260223 198.51.100.7 50000 typ host"#);
    while data.len() + rest.len() < bytes {
        data.push('x');
    }
    data + &rest
}

fn sent_at(frame: &str) -> Result<Duration> {
    let digits = frame.find(SENT).map(|at| at + SENT.len()).and_then(|at| frame.get(at..at + SENT_DIGITS));
    Ok(Duration::from_nanos(digits.context("a payload without its moment")?.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_has_the_size_asked_for_and_tells_when_it_was_sent() {
        let data = data(300, Duration::from_nanos(1_234_567_890));
        assert_eq!(data.len(), 300);
        assert!(serde_json::from_str::<serde_json::Value>(&data).is_ok(), "{data}");
        assert_eq!(sent_at(&data).unwrap(), Duration::from_nanos(1_234_567_890));
    }
}
