//! The vectors of the verification, computed by other means than the clients': PROTOCOL.md, "Verification".
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::Deserialize;
use serde_json::{Value, json};

const LABEL: &str = "visavis-verify-1";

#[derive(Deserialize)]
struct Vectors {
    version: u32,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    title: String,
    fingerprint_a: String,
    fingerprint_b: String,
    number_a: String,
    number_b: String,
    secret_a: Option<String>,
    secret_b: Option<String>,
    commitment: String,
    transcript: String,
    code_bits: String,
    code: Vec<String>,
    messages: Vec<Value>,
}

#[derive(Deserialize)]
struct List {
    version: u32,
    emoji: Vec<Emoji>,
}

#[derive(Deserialize)]
struct Emoji {
    emoji: String,
    en: String,
    zh: String,
}

fn read<T: for<'de> Deserialize<'de>>(file: &str) -> T {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../protocol").join(file);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn sha256(parts: &[&[u8]]) -> Vec<u8> {
    digest(&SHA256, &parts.concat()).as_ref().to_vec()
}

struct Three;

impl KeyType for Three {
    fn len(&self) -> usize {
        3
    }
}

fn hkdf(secret: &[u8], info: &[&[u8]]) -> [u8; 3] {
    let mut bits = [0; 3];
    let extracted = Salt::new(HKDF_SHA256, &[]).extract(secret);
    extracted.expand(info, Three).unwrap().fill(&mut bits).unwrap();
    bits
}

/// A number, and the key of the side that says it with a signature of the transcript.
fn said(side: char, number: &[u8], secret: Option<&String>, transcript: &[u8]) -> Value {
    let from = side.to_ascii_lowercase();
    let Some(secret) = secret else {
        return json!({ "from": from, "data": { "v": 1, "number": base64(number) } });
    };
    let key = Ed25519KeyPair::from_seed_unchecked(&bytes(secret)).unwrap();
    let signature = key.sign(&[format!("{LABEL} device {side}").as_bytes(), transcript].concat());
    json!({
        "from": from,
        "data": {
            "v": 1,
            "number": base64(number),
            "key": base64(key.public_key().as_ref()),
            "signature": base64(signature.as_ref()),
        },
    })
}

#[test]
fn every_vector_of_the_verification_is_what_the_protocol_says() {
    let list: List = read("emoji.json");
    let vectors: Vectors = read("vectors/verification.json");
    assert_eq!((vectors.version, vectors.vectors.is_empty()), (1, false));
    for vector in vectors.vectors {
        let [fingerprint_a, fingerprint_b, number_a, number_b] =
            [&vector.fingerprint_a, &vector.fingerprint_b, &vector.number_a, &vector.number_b]
                .map(|hex| bytes(hex));
        assert!(fingerprint_a < fingerprint_b, "{}: A has the smaller fingerprint", vector.title);
        let label = |what: &str| format!("{LABEL} {what}").into_bytes();
        let commitment = sha256(&[&label("commitment"), &fingerprint_a, &fingerprint_b, &number_a]);
        let transcript =
            sha256(&[&label("transcript"), &fingerprint_a, &fingerprint_b, &commitment, &number_b]);
        let bits = hkdf(
            &[number_a.as_slice(), &number_b].concat(),
            &[&label("emoji"), &fingerprint_a, &fingerprint_b],
        );
        let number = bits.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        let code: Vec<_> =
            [18, 12, 6, 0].iter().map(|shift| list.emoji[number >> shift & 63].emoji.clone()).collect();
        let messages = vec![
            json!({ "from": "a", "data": { "v": 1, "commitment": base64(&commitment) } }),
            said('B', &number_b, vector.secret_b.as_ref(), &transcript),
            said('A', &number_a, vector.secret_a.as_ref(), &transcript),
        ];
        assert_eq!(
            (hex(&commitment), hex(&transcript), hex(&bits), code, messages),
            (vector.commitment, vector.transcript, vector.code_bits, vector.code, vector.messages),
            "{}",
            vector.title
        );
    }
}

#[test]
fn the_list_has_64_emoji_and_no_two_of_them_or_of_their_names_are_the_same() {
    let list: List = read("emoji.json");
    assert_eq!(list.version, 1);
    let parts: Vec<[&str; 3]> = list.emoji.iter().map(|one| [&*one.emoji, &*one.en, &*one.zh]).collect();
    assert_eq!(parts.len(), 64);
    for part in 0..3 {
        assert_eq!(parts.iter().map(|one| one[part]).collect::<BTreeSet<_>>().len(), 64);
    }
}
