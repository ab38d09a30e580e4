//! The certificate of HTTPS, as browsers will see it.

use std::time::Duration;

use visavis_proto::Timestamp;

use super::Finding;
use crate::clock;
use crate::config::Config;
use crate::ice::split;
use crate::tls::{Doubt, TlsIdentity, Trust};
use crate::upgrade::Program;

const SUBJECT: &str = "certificate";
/// Renewals are usually made a month ahead; one that has not come by then is late.
const LATE: Duration = Duration::from_secs(14 * 86_400);

pub(super) fn examine(config: &Config, program: Program) -> Option<Finding> {
    if config.https.listen.is_none() && config.relay.listen_tls.is_empty() {
        return None;
    }
    Some(match TlsIdentity::own(config) {
        Err(error) => Finding::bad(SUBJECT, error.to_string()),
        Ok(None) if program == Program::Relay => Finding::doubtful(
            SUBJECT,
            "it is the generated one, with which no browser uses TURN over TLS; set https.certificate and https.key",
        ),
        Ok(None) => generated(config),
        Ok(Some(own)) => judge(Name::of(config, program), &own, &Trust::of_machine(), clock::now()),
    })
}

/// The name that people or devices use, if it is configured.
#[derive(Clone, Copy)]
struct Name<'a> {
    key: &'static str,
    host: Option<&'a str>,
}

impl<'a> Name<'a> {
    fn of(config: &'a Config, program: Program) -> Self {
        match program {
            Program::Server => {
                let host = config.public.url.as_ref().map(|url| split(url.authority()).0);
                Self { key: "public.url", host }
            }
            Program::Relay => Self { key: "relay.host", host: config.relay.host.as_deref() },
        }
    }
}

fn generated(config: &Config) -> Finding {
    match &config.public.url {
        Some(url) if url.is_https() && !config.public.trust_proxy => Finding::doubtful(
            SUBJECT,
            format!(
                "it is the generated one, of which every browser warns, and pushes and TURN over TLS do not work with it; get one \
                 for {} (Let's Encrypt, for example), and set https.certificate and https.key",
                split(url.authority()).0
            ),
        ),
        Some(_) | None => Finding::good(
            SUBJECT,
            "it is the generated one: browsers warn once; https.certificate and https.key set one of your own",
        ),
    }
}

/// The operator's own one, for that name.
fn judge(name: Name<'_>, own: &TlsIdentity, trust: &Trust, now: Timestamp) -> Finding {
    let over = own.validity.filter(|validity| validity.until <= now);
    if let Some(validity) = over {
        let days = now.since(validity.until).as_secs() / 86_400;
        return Finding::bad(
            SUBJECT,
            format!(
                "https.certificate ended {days} days ago, and no browser takes it; renew it (certbot renew, for example): the server \
                 takes the new one by itself"
            ),
        );
    }
    let key = name.key;
    let Some(host) = name.host else {
        let text =
            format!("https.certificate is good until it ends; set {key}, and it is compared with that name");
        return late(own, now).unwrap_or_else(|| Finding::good(SUBJECT, text));
    };
    match trust.judge(own, host.trim_start_matches('[').trim_end_matches(']'), now) {
        Ok(()) => late(own, now)
            .unwrap_or_else(|| Finding::good(SUBJECT, format!("browsers take it for {host} ({key})"))),
        Err(doubt) => doubted(&doubt, key, host),
    }
}

fn late(own: &TlsIdentity, now: Timestamp) -> Option<Finding> {
    let left = own.validity?.until.since(now);
    (left < LATE).then(|| {
        let days = left.as_secs() / 86_400;
        let text = format!(
            "https.certificate ends in {days} days, and has not been renewed yet; see that it is: the server takes the new one \
             by itself"
        );
        Finding::doubtful(SUBJECT, text)
    })
}

fn doubted(doubt: &Doubt, key: &str, host: &str) -> Finding {
    match doubt {
        Doubt::Expired => {
            Finding::bad(SUBJECT, "https.certificate, or one it depends on, has ended; renew it")
        }
        Doubt::NotYetValid => Finding::bad(
            SUBJECT,
            "https.certificate begins later than now; set this machine's clock, or get a certificate that is good already",
        ),
        Doubt::OtherName(names) if names.is_empty() => Finding::bad(
            SUBJECT,
            format!("https.certificate is not for {host}; get one that is, or change {key}"),
        ),
        Doubt::OtherName(names) => Finding::bad(
            SUBJECT,
            format!(
                "https.certificate is for {}, and not for {host}; get one that is, or change {key}",
                names.join(", ")
            ),
        ),
        Doubt::UnknownIssuer => Finding::doubtful(
            SUBJECT,
            "no authority that this machine trusts has signed https.certificate; is the file the whole chain \
             (fullchain.pem)? If the authority is your own, set relay.tls_urls = \"always\"",
        ),
        Doubt::Other(reason) => {
            Finding::bad(SUBJECT, format!("browsers will refuse https.certificate: {reason}; get another"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::authority::Authority;

    fn at(text: &str) -> Timestamp {
        let moment: jiff::Timestamp = text.parse().unwrap();
        Timestamp(u64::try_from(moment.as_millisecond()).unwrap())
    }

    #[test]
    fn a_certificate_that_browsers_refuse_is_told_with_the_reason_and_the_way_out() {
        let authority = Authority::new();
        let own = authority.sign("call.example.org");
        let found = |url: &str, trust: &Trust, now: &str| {
            let mut config = Config::default();
            config.public.url = Some(url.parse().unwrap());
            judge(Name::of(&config, Program::Server), &own, trust, at(now)).to_string()
        };
        let (ours, url) = (authority.trusted(), "https://call.example.org:7443");

        assert_eq!(
            found(url, &ours, "2027-06-01T00:00:00Z"),
            "✓ certificate: browsers take it for call.example.org (public.url)"
        );
        assert_eq!(
            found(url, &ours, "2028-01-10T00:00:00Z"),
            "✗ certificate: https.certificate ended 10 days ago, and no browser takes it; renew it (certbot renew, for \
             example): the server takes the new one by itself"
        );
        assert_eq!(
            found(url, &ours, "2027-12-21T00:00:00Z"),
            "! certificate: https.certificate ends in 10 days, and has not been renewed yet; see that it is: the server takes \
             the new one by itself"
        );
        assert!(
            found("https://other.example", &ours, "2027-06-01T00:00:00Z")
                .contains("is for call.example.org, and not for other.example;")
        );
        let stranger = found(url, &Authority::new().trusted(), "2027-06-01T00:00:00Z");
        assert!(stranger.contains("fullchain.pem") && stranger.starts_with('!'), "{stranger}");
    }
}
