//! One golden example per message, in `protocol/examples/`, says what every client must read and write.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use visavis_proto::*;

fn examples(side: &str) -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../protocol/examples").join(side);
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap())
        })
        .collect();
    found.sort();
    found
}

fn example(side: &str, name: &str) -> String {
    examples(side).into_iter().find(|(found, _)| found == name).unwrap().1
}

#[test]
fn every_message_of_the_protocol_has_one_example_and_no_example_lacks_a_message() {
    let names = |side| examples(side).into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>();
    let expect = |list: &str| list.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(
        names("client"),
        expect(
            "hello invite ringing accept hangup resume take transfer recording offer answer candidate media connected ack presence reach ping bye"
        )
    );
    assert_eq!(
        names("server"),
        expect("welcome ok error call offer answer candidate media presence changed pong bye")
    );
}

#[test]
fn each_client_example_is_understood_and_is_what_its_name_says() {
    for (name, text) in examples("client") {
        let value: Value = serde_json::from_str(&text).unwrap();
        let frame = ClientFrame::decode(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(value["type"], name);
        assert_eq!(frame.id.map_or(Value::Null, |id| id.as_str().into()), value["id"], "{name}");
        assert_eq!(frame.call.map_or(Value::Null, |call| call.to_string().into()), value["call"], "{name}");
        let same = |data: Value| assert_eq!(data, value["data"], "{name}");
        match frame.body {
            ClientBody::Hello(data) => same(serde_json::to_value(data).unwrap()),
            ClientBody::Invite(data) => same(serde_json::to_value(data).unwrap()),
            ClientBody::Accept(data) => same(serde_json::to_value(data).unwrap()),
            ClientBody::Hangup(data) => same(serde_json::to_value(data).unwrap()),
            ClientBody::Connected(data) => same(serde_json::to_value(data).unwrap()),
            ClientBody::Ack(data) => same(serde_json::to_value(data).unwrap()),
            ClientBody::Presence(data) => same(serde_json::to_value(data).unwrap()),
            ClientBody::Reach(data) => same(serde_json::to_value(data).unwrap()),
            ClientBody::Ping(data) => same(serde_json::to_value(data).unwrap()),
            ClientBody::Ringing(data) => same(serde_json::to_value(data).unwrap()),
            ClientBody::Take(data) => same(serde_json::to_value(data).unwrap()),
            ClientBody::Transfer(data) => same(serde_json::to_value(data).unwrap()),
            ClientBody::Recording(data) => same(serde_json::to_value(data).unwrap()),
            ClientBody::Resume | ClientBody::Bye => same(serde_json::json!({})),
            ClientBody::Relay(kind, data) => {
                assert_eq!(kind.name(), name);
                same(serde_json::from_str(data.get()).unwrap());
            }
        }
    }
}

/// Reads the example's data as `T`, lets `body` wrap it, and expects the very example back.
fn written_again<T: DeserializeOwned>(name: &str, body: impl for<'a> Fn(&'a T) -> ServerBody<'a>) {
    let value: Value = serde_json::from_str(&example("server", name)).unwrap();
    let data: T = serde_json::from_value(value["data"].clone()).unwrap();
    let re: Option<MessageId> = serde_json::from_value(value["re"].clone()).unwrap();
    let frame = ServerFrame { re: re.as_ref(), body: body(&data) };
    assert_eq!(serde_json::from_str::<Value>(&frame.encode()).unwrap(), value, "{name}");
}

#[test]
fn the_server_writes_each_example_exactly() {
    written_again::<Welcome>("welcome", |data| ServerBody::Welcome(data));
    written_again::<Done>("ok", |data| ServerBody::Ok(data));
    written_again::<ErrorReply>("error", |data| ServerBody::Error(data));
    written_again::<CallView>("call", |data| ServerBody::Call(data));
    written_again::<Presence>("presence", |data| ServerBody::Presence(data));
    written_again::<Changed>("changed", |data| ServerBody::Changed(data));
    written_again::<Bye>("bye", |data| ServerBody::Bye(data));
    written_again::<Value>("pong", |_| ServerBody::Pong);
}

#[test]
fn a_relayed_payload_arrives_as_it_was_sent_with_its_sender_added() {
    let relayed = [
        ("offer", RelayKind::Offer),
        ("answer", RelayKind::Answer),
        ("candidate", RelayKind::Candidate),
        ("media", RelayKind::Media),
    ];
    for (name, kind) in relayed {
        let text = example("server", name);
        let value: Value = serde_json::from_str(&text).unwrap();
        let data: Box<RawValue> = serde_json::from_str(&value["data"].to_string()).unwrap();
        let id: MessageId = serde_json::from_value(value["id"].clone()).unwrap();
        let from: Address = serde_json::from_value(value["from"].clone()).unwrap();
        let frame = ServerFrame {
            re: None,
            body: ServerBody::Relay {
                kind,
                call: serde_json::from_value(value["call"].clone()).unwrap(),
                generation: serde_json::from_value(value["gen"].clone()).unwrap(),
                id: Some(&id),
                from: &from,
                data: &data,
            },
        };
        assert_eq!(serde_json::from_str::<Value>(&frame.encode()).unwrap(), value, "{name}");
    }
}

#[test]
fn what_is_not_a_message_is_refused_with_a_hint_that_names_the_fault() {
    let refused = |text: &str| {
        let error = ClientFrame::decode(text).unwrap_err();
        (error.code, error.hint, error.re.map(String::from))
    };
    let call = "0192d5f0-7a10-7cc3-98c4-dc0c0c07398f";
    assert_eq!(
        [
            refused("{"),
            refused("[]"),
            refused(r#"{"data":{}}"#),
            refused(r#"{"type":"dance","id":"1"}"#),
            refused(r#"{"type":"invite","id":"2","data":{"to":"bob"}}"#),
            refused(r#"{"type":"invite","id":"3","data":{"to":"bob","media":[]}}"#),
            refused(r#"{"type":"invite","id":"4","data":{"to":"a/b","media":["audio"]}}"#),
            refused(&format!(r#"{{"type":"accept","id":"5","call":"{call}","data":{{"media":"audio"}}}}"#)),
            refused(r#"{"type":"offer","id":"6"}"#),
            refused(r#"{"type":"ringing","id":"7","call":"not-a-uuid"}"#),
        ],
        [
            (
                ErrorCode::BadMessage,
                "not a message: EOF while parsing an object at line 1 column 1".into(),
                None
            ),
            (
                ErrorCode::BadMessage,
                "not a message: an array, where an object with \"type\" is expected".into(),
                None
            ),
            (ErrorCode::BadMessage, "not a message: missing field `type` at line 1 column 11".into(), None),
            (ErrorCode::Unsupported, "protocol 1 has no message type \"dance\"".into(), Some("1".into())),
            (
                ErrorCode::BadMessage,
                "invite.data: missing field `media` at line 1 column 12".into(),
                Some("2".into())
            ),
            (
                ErrorCode::BadMessage,
                "invite.data.media is empty: ask for \"audio\", \"video\" or both".into(),
                Some("3".into())
            ),
            (
                ErrorCode::BadMessage,
                "invite.data: user name may not contain '/' at line 1 column 11".into(),
                Some("4".into())
            ),
            (
                ErrorCode::BadMessage,
                "accept.data: invalid type: string \"audio\", expected a sequence at line 1 column 16".into(),
                Some("5".into())
            ),
            (ErrorCode::BadMessage, "offer needs data".into(), Some("6".into())),
            (
                ErrorCode::BadMessage,
                "not a message: UUID parsing failed: invalid character: found `n` at 0 at line 1 column 46"
                    .into(),
                Some("7".into())
            ),
        ]
    );
}

#[test]
fn a_hint_is_a_sentence_however_much_of_the_message_it_would_quote() {
    // Six bytes of answer for each of the message, if it were all quoted.
    let media = "\u{7f}".repeat(60_000);
    let text = format!(r#"{{"type":"accept","id":"1","data":{{"media":"{media}"}}}}"#);
    let refused = ClientFrame::decode(&text).unwrap_err();
    assert_eq!(refused.hint.chars().count(), limits::HINT_CHARS);
    assert!(refused.hint.starts_with("accept.data: invalid type: string \""), "{}", refused.hint);
    assert!(refused.hint.ends_with("\", expected a sequence at line 1 column 60011"), "{}", refused.hint);
    let whole = ClientFrame::decode(&format!("\"{media}\"")).unwrap_err();
    assert_eq!((whole.code, whole.hint.chars().count()), (ErrorCode::BadMessage, limits::HINT_CHARS));
}

#[test]
fn a_payload_over_its_limit_is_too_large() {
    let sdp = "x".repeat(limits::DESCRIPTION_BYTES);
    let offer = format!(r#"{{"type":"offer","id":"1","data":{{"type":"offer","sdp":"{sdp}"}}}}"#);
    assert_eq!(ClientFrame::decode(&offer).unwrap_err().code, ErrorCode::TooLarge);
    let frame = format!(r#"{{"type":"bye","pad":"{}"}}"#, "x".repeat(limits::FRAME_BYTES));
    assert_eq!(ClientFrame::decode(&frame).unwrap_err().code, ErrorCode::TooLarge);
}

#[test]
fn unknown_fields_are_ignored_and_only_type_and_data_are_needed() {
    let frame = ClientFrame::decode(r#"{"type":"offer","data":{"sdp":"…"},"colour":"blue"}"#).unwrap();
    assert!(matches!(frame.body, ClientBody::Relay(RelayKind::Offer, _)));
    assert!(frame.id.is_none() && frame.call.is_none());
}

#[test]
fn a_payload_is_nested_sixteen_levels_deep_at_most_whatever_its_texts_hold() {
    let call = "0192d5f0-7a10-7cc3-98c4-dc0c0c07398f";
    let nested = |levels: usize, inner: &str| {
        let data = format!("{}{inner}{}", "[".repeat(levels), "]".repeat(levels));
        format!(r#"{{"type":"offer","call":"{call}","id":"d.1","data":{data}}}"#)
    };
    assert!(ClientFrame::decode(&nested(16, r#""[[ \" [[""#)).is_ok());
    let refused = ClientFrame::decode(&nested(17, "")).unwrap_err();
    assert_eq!(
        (refused.code, refused.hint.as_str()),
        (ErrorCode::BadMessage, "offer.data is nested deeper than 16 levels")
    );
}
