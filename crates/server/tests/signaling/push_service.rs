//! A push service with a certificate of its own, and a browser that reads what it delivers: another implementation of
//! RFC 8291 than the server's.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use web_push_native::p256::SecretKey;
use web_push_native::p256::elliptic_curve::rand_core::OsRng;

const PATIENCE: Duration = Duration::from_secs(20);

/// What has arrived.
#[derive(Debug)]
pub(crate) struct Pushed {
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    body: Vec<u8>,
}

pub(crate) struct PushService {
    port: u16,
    folder: TempDir,
    arrived: mpsc::UnboundedReceiver<Pushed>,
    answers: Arc<Mutex<VecDeque<&'static str>>>,
}

impl PushService {
    pub(crate) async fn new() -> Self {
        let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("authority.pem"), certificate.cert.pem()).unwrap();
        let key = PrivateKeyDer::try_from(certificate.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, arrived) = mpsc::unbounded_channel();
        let answers = Arc::new(Mutex::new(VecDeque::new()));
        let next = Arc::clone(&answers);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, sender, next) = (acceptor.clone(), sender.clone(), Arc::clone(&next));
                tokio::spawn(async move {
                    let Ok(mut tls) = acceptor.accept(tcp).await else { return };
                    let Some(pushed) = read(&mut tls).await else { return };
                    let answer = next.lock().unwrap().pop_front().unwrap_or("201 Created");
                    sender.send(pushed).unwrap();
                    let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n");
                    let _ = tls.write_all(answer.as_bytes()).await;
                    let _ = tls.shutdown().await;
                });
            }
        });
        Self { port, folder, arrived, answers }
    }

    /// Answers the next pushes so; afterwards again with 201.
    pub(crate) fn answer(&self, statuses: &[&'static str]) {
        self.answers.lock().unwrap().extend(statuses);
    }

    pub(crate) fn endpoint(&self, path: &str) -> String {
        format!("{}/{path}", self.origin())
    }

    pub(crate) fn origin(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// The setting with which a server believes that it is a push service.
    pub(crate) fn trusted(&self) -> String {
        let path: PathBuf = self.folder.path().join("authority.pem");
        format!("push.authorities={}", path.display())
    }

    /// The next push.
    pub(crate) async fn next(&mut self) -> Pushed {
        timeout(PATIENCE, self.arrived.recv()).await.expect("a push").unwrap()
    }

    /// Whether nothing has arrived so far.
    pub(crate) fn is_idle(&mut self) -> bool {
        self.arrived.try_recv().is_err()
    }
}

async fn read(stream: &mut (impl AsyncReadExt + Unpin)) -> Option<Pushed> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let path = lines.next()?.strip_prefix("POST ")?.strip_suffix(" HTTP/1.1")?.to_owned();
    let headers: HashMap<String, String> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers["content-length"].parse().unwrap();
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Pushed { path, headers, body })
}

/// A browser with a subscription.
pub(crate) struct Browser {
    key: SecretKey,
    auth: [u8; 16],
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self { key: SecretKey::random(&mut OsRng), auth: *b"sixteen secrets!" }
    }

    /// `PUT /api/push`.
    pub(crate) fn subscription(&self, device: &str, endpoint: &str) -> Value {
        let point = self.key.public_key().to_sec1_bytes();
        let keys =
            json!({"p256dh": URL_SAFE_NO_PAD.encode(point), "auth": URL_SAFE_NO_PAD.encode(self.auth)});
        json!({"device": device, "name": format!("the {device}"), "endpoint": endpoint, "keys": keys})
    }

    pub(crate) fn read(&self, pushed: &Pushed) -> Value {
        let text = web_push_native::decrypt(pushed.body.clone(), &self.key, &self.auth.into()).unwrap();
        serde_json::from_slice(&text).unwrap()
    }
}
