//! A relay on free ports, and a small TURN client on a blocking socket.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use visavis_relay::{AuthSecret, Relay, RelayConfig, Stats};
use visavis_turn::codec::{
    AttributeType, Class, ErrorCode, FrameDecoder, IntegrityKey, Message, MessageBuilder, Method,
    TransactionId, decode_error_code, decode_xor_address,
};
use visavis_turn::issue;

pub(crate) const SECRET: &str = "north";
/// Longer than anything takes, so that a test fails rather than hangs.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A relay on 127.0.0.1 that lets peers there be reached.
pub(crate) async fn start(change: impl FnOnce(&mut RelayConfig)) -> Relay {
    let mut config = RelayConfig::new(AuthSecret::new(SECRET), [7; 32]);
    config.listen_udp = vec![loopback()];
    config.listen_tcp = vec![loopback()];
    config.allow_peers = vec!["127.0.0.1/32".parse().unwrap()];
    change(&mut config);
    Relay::start(config).await.unwrap()
}

/// Asks for the counters until they are as wished.
pub(crate) async fn wait_for(relay: &Relay, is_wished: impl Fn(&Stats) -> bool) -> Stats {
    let waiting = async {
        loop {
            let stats = relay.stats().await.unwrap();
            if is_wished(&stats) {
                return stats;
            }
            tokio::task::yield_now().await;
        }
    };
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(stats) => stats,
        Err(_) => panic!("the counters never became as wished: {:#?}", relay.stats().await),
    }
}

/// A UDP socket that does not wait for ever.
pub(crate) fn udp_socket() -> UdpSocket {
    let socket = UdpSocket::bind(loopback()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

enum Carrier {
    Udp(UdpSocket),
    Stream(Box<dyn Stream>, FrameDecoder),
}

/// TCP, or TLS over it.
trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// A TCP connection that does not wait for ever.
pub(crate) fn tcp_stream(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// A client with a credential for an hour.
pub(crate) struct Client {
    carrier: Carrier,
    pub(crate) username: String,
    pub(crate) password: String,
    realm: String,
    nonce: String,
    transactions: u8,
}

/// An answer taken apart.
pub(crate) struct Answer {
    pub(crate) class: Class,
    pub(crate) code: Option<ErrorCode>,
    pub(crate) relayed: Option<SocketAddr>,
}

impl Client {
    pub(crate) fn udp(relay: &Relay) -> Self {
        Self::udp_at(relay.local_addresses().udp[0])
    }

    /// Connected, so that answers from another address than the one asked are not seen.
    pub(crate) fn udp_at(server: SocketAddr) -> Self {
        Self::from_udp(UdpSocket::bind(SocketAddr::new(server.ip(), 0)).unwrap(), server)
    }

    /// On a socket of its own choice.
    pub(crate) fn from_udp(socket: UdpSocket, server: SocketAddr) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.connect(server).unwrap();
        Self::on(Carrier::Udp(socket))
    }

    pub(crate) fn tcp(relay: &Relay) -> Self {
        Self::over(tcp_stream(relay.local_addresses().tcp[0]))
    }

    /// On a connection that stands.
    pub(crate) fn over(stream: impl Read + Write + Send + 'static) -> Self {
        Self::on(Carrier::Stream(Box::new(stream), FrameDecoder::new(70_000)))
    }

    fn on(carrier: Carrier) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let credential = issue(&AuthSecret::new(SECRET), "alice/c1", now + Duration::from_secs(3600));
        let (username, password) = (credential.username, credential.password);
        Self { carrier, username, password, realm: String::new(), nonce: String::new(), transactions: 0 }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        match &mut self.carrier {
            Carrier::Udp(socket) => assert_eq!(socket.send(bytes).unwrap(), bytes.len()),
            Carrier::Stream(stream, _) => {
                stream.write_all(bytes).unwrap();
                stream.flush().unwrap();
            }
        }
    }

    /// The next message from the server; `None` if it has closed the connection.
    pub(crate) fn receive(&mut self) -> Option<Vec<u8>> {
        let mut buffer = vec![0; 70_000];
        match &mut self.carrier {
            Carrier::Udp(socket) => {
                let length = socket.recv(&mut buffer).unwrap();
                Some(buffer[..length].to_vec())
            }
            Carrier::Stream(stream, frames) => loop {
                if let Some(frame) = frames.next_frame().unwrap() {
                    return Some(frame.to_vec());
                }
                match stream.read(&mut buffer) {
                    Ok(0) => return None,
                    Ok(length) => frames.push(&buffer[..length]),
                    Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                    Err(error) => panic!("{error}"),
                }
            },
        }
    }

    fn transaction(&mut self) -> TransactionId {
        self.transactions = self.transactions.wrapping_add(1);
        TransactionId([self.transactions; 12])
    }

    pub(crate) fn message(&mut self, class: Class, method: Method) -> MessageBuilder {
        let transaction = self.transaction();
        MessageBuilder::new(class, method, transaction)
    }

    pub(crate) fn sign(&self, message: MessageBuilder) -> Vec<u8> {
        let key = IntegrityKey::long_term(&self.username, &self.realm, &self.password);
        message
            .attribute(AttributeType::USERNAME, self.username.as_bytes())
            .attribute(AttributeType::REALM, self.realm.as_bytes())
            .attribute(AttributeType::NONCE, self.nonce.as_bytes())
            .integrity(&key)
            .finish()
    }

    pub(crate) fn answer(&mut self) -> Answer {
        let bytes = self.receive().expect("the connection is open");
        let message = Message::decode(&bytes).unwrap();
        if let Some(nonce) = message.text(AttributeType::NONCE) {
            self.nonce = nonce.to_owned();
            self.realm = message.text(AttributeType::REALM).unwrap().to_owned();
        }
        let relayed = message.attribute(AttributeType::XOR_RELAYED_ADDRESS);
        Answer {
            class: message.class,
            code: message.attribute(AttributeType::ERROR_CODE).map(|value| decode_error_code(value).unwrap()),
            relayed: relayed.map(|value| decode_xor_address(value, message.transaction).unwrap()),
        }
    }

    pub(crate) fn challenge(&mut self) {
        let request = self.message(Class::Request, Method::Allocate).finish();
        self.send(&request);
        assert_eq!(self.answer().code, Some(ErrorCode::Unauthorized));
    }

    pub(crate) fn request(
        &mut self,
        method: Method,
        add: impl FnOnce(MessageBuilder) -> MessageBuilder,
    ) -> Answer {
        let message = self.message(Class::Request, method);
        let request = self.sign(add(message));
        self.send(&request);
        self.answer()
    }

    pub(crate) fn try_allocate(&mut self) -> Answer {
        self.challenge();
        self.request(Method::Allocate, udp)
    }

    pub(crate) fn allocate(&mut self) -> SocketAddr {
        let answer = self.try_allocate();
        assert_eq!(answer.code, None);
        answer.relayed.unwrap()
    }

    pub(crate) fn bind(&mut self, number: u16, peer: SocketAddr) -> Answer {
        self.request(Method::ChannelBind, |message| {
            message
                .attribute(AttributeType::CHANNEL_NUMBER, &[number.to_be_bytes(), [0; 2]].concat())
                .address(AttributeType::XOR_PEER_ADDRESS, peer)
        })
    }

    pub(crate) fn permit(&mut self, peer: SocketAddr) -> Answer {
        self.request(Method::CreatePermission, |message| {
            message.address(AttributeType::XOR_PEER_ADDRESS, peer)
        })
    }
}

pub(crate) fn udp(message: MessageBuilder) -> MessageBuilder {
    message.attribute(AttributeType::REQUESTED_TRANSPORT, &[17, 0, 0, 0])
}

/// ChannelData, padded as on TCP.
pub(crate) fn channel_data(number: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    let mut bytes = [&number.to_be_bytes(), &length.to_be_bytes(), data].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}
