//! Signing up and in, without HTTP and with a clock of the test's own.

use std::net::Ipv4Addr;
use std::time::Instant;

use visavis_proto::Timestamp;
use visavis_proto::limits::TICKET_LIFETIME;

use super::tickets::TicketUser;
use super::*;
use crate::relay::SharedSecret;

const WALL: Timestamp = Timestamp(1_800_000_000_000);
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const PASSWORD: &str = "correct horse";

struct World {
    accounts: Accounts,
    store: Store,
    start: Instant,
    _folder: tempfile::TempDir,
}

/// Alice has signed up; Bob has an account but no password.
async fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("visavis.db")).unwrap();
    for name in ["alice", "bob"] {
        let user = User { id: name.parse().unwrap(), display_name: name.to_owned() };
        assert!(store.add_user(user, WALL).await.unwrap());
    }
    let secrets = Secrets {
        ticket_key: [1; 32],
        capsule_key: [0; 32],
        push_key: Vec::new(),
        turn_secret: SharedSecret::new("a secret for relays".to_owned()),
        metrics_token: String::new(),
        bridge_token: String::new(),
        webhook_key: [0; 32],
    };
    let limits = AccountLimits {
        login: days(30),
        attempts_per_address: 4,
        attempts_per_name: 3,
        attempt_refill: Duration::from_secs(60),
        password_checks: 2,
        guests: GuestLimits { enabled: true, stay: days(1), most: 100 },
    };
    let accounts = Accounts::new(store.clone(), &secrets, &limits, Arc::default());
    let world = World { accounts, store, start: Instant::now(), _folder: folder };
    let link = world.link("alice").await;
    world.accounts.sign_up(HERE, &link, PASSWORD, None, world.after(0)).await.unwrap();
    world
}

impl World {
    fn after(&self, seconds: u64) -> Moment {
        let passed = Duration::from_secs(seconds);
        Moment { wall: WALL + passed, steady: self.start + passed }
    }

    async fn link(&self, name: &str) -> String {
        let link = sign_up::make_link(&self.store, &name.parse().unwrap(), days(7), WALL).await.unwrap();
        link.unwrap().text()
    }

    async fn log_in(
        &self,
        from: IpAddr,
        name: &str,
        password: &str,
        seconds: u64,
    ) -> Result<SignedIn, Refusal> {
        self.accounts.log_in(from, name, password, self.after(seconds)).await
    }

    /// The code of a refused login.
    async fn refused(&self, from: IpAddr, name: &str, seconds: u64) -> ErrorCode {
        self.log_in(from, name, "wrong", seconds).await.unwrap_err().code
    }
}

fn from(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}

#[tokio::test]
async fn strangers_and_people_without_a_password_are_refused_like_a_wrong_password() {
    let world = world().await;
    let wrong = world.log_in(from(1), "alice", "wrong", 0).await.unwrap_err();

    for (name, password) in [("stranger", PASSWORD), ("bob", ""), ("not/a/name", PASSWORD)] {
        assert_eq!(world.log_in(from(2), name, password, 0).await.unwrap_err(), wrong);
    }
    assert_eq!(wrong.code, ErrorCode::Unauthenticated);
}

#[tokio::test]
async fn failed_attempts_are_limited_by_address_whatever_the_name() {
    let world = world().await;
    for name in ["a", "b", "c", "d"] {
        assert_eq!(world.refused(HERE, name, 0).await, ErrorCode::Unauthenticated);
    }

    let refused = world.log_in(HERE, "alice", PASSWORD, 20).await.unwrap_err();

    assert_eq!((refused.code, refused.retry_after), (ErrorCode::RateLimited, Some(Duration::from_secs(40))));
    assert!(world.log_in(from(9), "alice", PASSWORD, 20).await.is_ok());
    assert!(world.log_in(HERE, "alice", PASSWORD, 60).await.is_ok());
}

#[tokio::test]
async fn failed_attempts_are_limited_by_name_wherever_they_come_from() {
    let world = world().await;
    for last in [1, 2, 3] {
        assert_eq!(world.refused(from(last), "Alice", 0).await, ErrorCode::Unauthenticated);
    }

    assert_eq!(world.refused(from(4), "alice", 0).await, ErrorCode::RateLimited);
    assert_eq!(world.refused(from(5), "bob", 0).await, ErrorCode::Unauthenticated);
    assert!(world.log_in(from(6), "alice", PASSWORD, 60).await.is_ok());
}

#[tokio::test]
async fn signing_in_uses_no_attempt_up() {
    let world = world().await;
    for _ in 0..10 {
        assert!(world.log_in(HERE, "alice", PASSWORD, 0).await.is_ok());
    }
}

#[test]
fn an_ipv6_network_counts_as_one_address_and_a_mapped_address_as_what_it_maps() {
    let parse = |text: &str| network(text.parse().unwrap()).to_string();

    assert_eq!(parse("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    assert_eq!(parse("::ffff:192.0.2.7"), "192.0.2.7");
}

#[tokio::test]
async fn guessing_links_is_limited_too() {
    let world = world().await;
    for _ in 0..4 {
        let refused = world.accounts.check_sign_up(HERE, "guess", world.after(0)).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::NotFound);
    }
    let refused = world.accounts.check_sign_up(HERE, "guess", world.after(0)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::RateLimited);
}

#[tokio::test]
async fn a_link_expires() {
    let world = world().await;
    let link = world.link("bob").await;
    let week = 7 * 86_400;

    let invitation = world.accounts.check_sign_up(HERE, &link, world.after(week - 1)).await.unwrap();
    let late = world.accounts.sign_up(HERE, &link, PASSWORD, None, world.after(week)).await.unwrap_err();

    assert_eq!((invitation.name.as_str(), invitation.expires_in_ms), ("bob", 1000));
    assert_eq!(late.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn the_old_password_stays_until_the_link_is_used_and_then_every_login_ends() {
    let world = world().await;
    let before = world.log_in(HERE, "alice", PASSWORD, 0).await.unwrap().token.text();
    let link = world.link("alice").await;
    assert!(world.log_in(HERE, "alice", PASSWORD, 0).await.is_ok());

    let name = Some("  Alice A. ");
    let signed_in = world.accounts.sign_up(HERE, &link, "another one", name, world.after(0)).await.unwrap();

    assert_eq!(signed_in.user.display_name, "Alice A.");
    assert_eq!(world.log_in(HERE, "alice", PASSWORD, 0).await.unwrap_err().code, ErrorCode::Unauthenticated);
    assert!(world.log_in(HERE, "alice", "another one", 0).await.is_ok());
    let ended = world.accounts.current(Some(&before), world.after(0)).await.unwrap_err();
    assert_eq!(ended.code, ErrorCode::Unauthenticated);
}

#[tokio::test]
async fn a_login_lasts_thirty_days_after_its_last_use() {
    let world = world().await;
    let token = world.log_in(HERE, "alice", PASSWORD, 0).await.unwrap().token.text();
    let current = |seconds| world.accounts.current(Some(&token), world.after(seconds));
    let day = 86_400;

    assert!(current(29 * day).await.is_ok());
    assert!(current(58 * day).await.is_ok());
    assert_eq!(current(88 * day).await.unwrap_err().code, ErrorCode::Unauthenticated);
}

#[tokio::test]
async fn a_ticket_is_good_once_for_thirty_seconds_and_survives_a_restart() {
    let world = world().await;
    let token = world.log_in(HERE, "alice", PASSWORD, 0).await.unwrap().token;
    let alice: UserId = "alice".parse().unwrap();
    let ticket = || world.accounts.tickets.issue(&alice, token.hash(), WALL);
    let restarted = Tickets::new([1; 32]);
    let of_another_server = Tickets::new([9; 32]);
    let whose = TicketUser { user: alice.clone(), login: token.hash() };
    let end = WALL + TICKET_LIFETIME;

    let once = ticket();
    assert_eq!(world.accounts.tickets.redeem(&once, WALL), Ok(whose.clone()));
    assert_eq!(world.accounts.tickets.redeem(&once, WALL), Err(ErrorCode::Unauthenticated));
    assert_eq!(restarted.redeem(&ticket(), WALL), Ok(whose));
    assert_eq!(restarted.redeem(&ticket(), end), Err(ErrorCode::AuthExpired));
    assert_eq!(of_another_server.redeem(&ticket(), WALL), Err(ErrorCode::Unauthenticated));
    assert_eq!(restarted.redeem("guess", WALL), Err(ErrorCode::Unauthenticated));
}

#[tokio::test]
async fn a_ticket_with_one_letter_changed_is_refused() {
    let world = world().await;
    let token = world.log_in(HERE, "alice", PASSWORD, 0).await.unwrap().token;
    let ticket = world.accounts.tickets.issue(&"alice".parse().unwrap(), token.hash(), WALL);

    for position in 0..ticket.len() {
        let mut forged = ticket.clone().into_bytes();
        forged[position] = if forged[position] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        assert_eq!(world.accounts.tickets.redeem(&forged, WALL), Err(ErrorCode::Unauthenticated));
    }
}

#[tokio::test]
async fn passwords_and_names_have_bounds() {
    let world = world().await;
    let link = world.link("bob").await;
    let sign_up = |password: String, name: Option<String>| {
        let (accounts, link, now) = (&world.accounts, &link, world.after(0));
        async move { accounts.sign_up(HERE, link, &password, name.as_deref(), now).await.unwrap_err().message }
    };

    assert_eq!(sign_up("short".to_owned(), None).await, "the password needs at least 8 characters");
    assert_eq!(sign_up("x".repeat(257), None).await, "the password may have at most 256 bytes");
    assert_eq!(
        sign_up(PASSWORD.to_owned(), Some("x".repeat(65))).await,
        "display_name may have at most 64 characters"
    );
    assert_eq!(
        sign_up(PASSWORD.to_owned(), Some("a\nb".to_owned())).await,
        "display_name may not contain control, invisible or direction-changing characters"
    );
    // None of these used the link up, and eight characters of any script are enough.
    assert!(world.accounts.sign_up(HERE, &link, "密码密码密码密码", Some(" "), world.after(0)).await.is_ok());
}

#[test]
fn a_browser_is_named_by_what_it_says_it_is() {
    let named = [
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
        "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
        "curl/8.5.0",
        "<script>",
        "",
    ]
    .map(agent::describe);
    assert_eq!(
        named,
        [
            "Firefox on Linux",
            "Edge on Windows",
            "Chrome on Android",
            "Safari on iPhone",
            "Safari on macOS",
            "curl",
            "A program",
            "A program",
        ]
    );
}
