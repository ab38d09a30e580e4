//! RFC 8291 §5, and what another implementation reads.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

fn bytes<const N: usize>(text: &str) -> [u8; N] {
    URL_SAFE_NO_PAD.decode(text).unwrap().try_into().unwrap()
}

/// The example of §5, with the intermediate values of Appendix A.
#[test]
fn the_example_of_rfc_8291_comes_out_byte_for_byte() {
    let to = Receiver {
        point: bytes(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        ),
        auth: bytes("BTBZMqHH6r4Tts7J_aSIgg"),
    };
    let ours =
        bytes("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8");
    let shared: [u8; 32] = bytes("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");

    let body = seal(
        &shared,
        &to,
        &ours,
        bytes("DGv6ra1nlYgDCS1FRnbzlw"),
        b"When I grow up, I want to be a watermelon",
    );

    assert_eq!(
        URL_SAFE_NO_PAD.encode(body),
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_\
         yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    );
}

#[test]
fn another_implementation_reads_what_we_write_and_nobody_else_does() {
    let browser = web_push_native::p256::SecretKey::random(
        &mut web_push_native::p256::elliptic_curve::rand_core::OsRng,
    );
    let point: [u8; POINT] = browser.public_key().to_sec1_bytes()[..].try_into().unwrap();
    let to = Receiver { point, auth: [7; AUTH] };

    let body = encrypt(&to, b"{\"type\":\"call\"}").unwrap();

    let read = |auth: [u8; AUTH]| web_push_native::decrypt(body.clone(), &browser, &auth.into());
    assert_eq!(read([7; AUTH]).unwrap(), b"{\"type\":\"call\"}");
    assert!(read([8; AUTH]).is_err());
    assert_ne!(encrypt(&to, b"{\"type\":\"call\"}").unwrap(), body);
}

#[test]
fn a_key_that_is_no_point_of_the_curve_is_refused() {
    let to = Receiver { point: [4; POINT], auth: [7; AUTH] };
    assert_eq!(encrypt(&to, b"text"), None);
}
