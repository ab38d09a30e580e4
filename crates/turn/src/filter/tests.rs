//! Who may be relayed to: the refused ranges, what is allowed again, and addresses in disguise.

use super::*;

fn filter(allowed: &[&str], own: &[&str]) -> PeerFilter {
    let allowed = allowed.iter().map(|text| text.parse().unwrap()).collect();
    PeerFilter::new(allowed, own.iter().map(|text| text.parse().unwrap()))
}

fn passing<'a>(filter: &PeerFilter, addresses: &[&'a str]) -> Vec<&'a str> {
    addresses.iter().copied().filter(|text| filter.allows(text.parse().unwrap())).collect()
}

/// First and last address of every denied network, in the order of the checklist.
const DENIED: &[&str] = &[
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.0",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.0.0",
    "169.254.169.254",
    "169.254.255.255",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.255",
    "192.0.2.0",
    "192.0.2.255",
    "192.88.99.0",
    "192.88.99.255",
    "192.168.0.0",
    "192.168.255.255",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.0",
    "198.51.100.255",
    "203.0.113.0",
    "203.0.113.255",
    "224.0.0.0",
    "239.255.255.255",
    "240.0.0.0",
    "255.255.255.254",
    "255.255.255.255",
    "::",
    "::1",
    "64:ff9b:1::",
    "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
    "100::",
    "100::ffff:ffff:ffff:ffff",
    "2001::",
    "2001:0:ffff::1",
    "2001:1ff:ffff::",
    "2001:db8::",
    "2001:db8:ffff::",
    "2002::",
    "2002:ffff::",
    "3fff::",
    "3fff:fff::",
    "5f00::",
    "5f00:ffff::",
    "fc00::",
    "fdff::",
    "fe80::",
    "febf::",
    "fec0::",
    "feff::",
    "ff00::",
    "ffff::",
    "::ffff:0:8.8.8.8",
    "200::1",
    "1fff:ffff::",
    "4000::",
    "fbff::",
];

/// The nearest addresses outside those networks.
const NOT_DENIED: &[&str] = &[
    "1.0.0.0",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "191.255.255.255",
    "192.0.1.0",
    "192.0.3.0",
    "192.88.98.255",
    "192.88.100.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "198.51.99.255",
    "198.51.101.0",
    "203.0.112.255",
    "203.0.114.0",
    "223.255.255.255",
    "8.8.8.8",
    "2000::",
    "2001:200::",
    "2001:db7:ffff::",
    "2001:db9::",
    "2003::",
    "3ffe:ffff::",
    "2606:4700:4700::1111",
    "3fff:1000::",
];

#[test]
fn the_default_list_denies_every_special_network_and_nothing_beside_it() {
    let filter = filter(&[], &[]);
    assert_eq!(passing(&filter, DENIED), Vec::<&str>::new());
    assert_eq!(passing(&filter, NOT_DENIED), NOT_DENIED);
}

#[test]
fn cve_2026_27624_an_ipv4_address_is_judged_the_same_inside_every_ipv6_form() {
    let filter = filter(&["::ffff:0:0/96", "::ffff:0:0:0/96", "::/96", "64:ff9b:1::/48"], &[]);
    let denied = [
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1:7f00:0:100:808:808",
        "64:ff9b:1:808:8:800:0:7f00",
        "64:ff9b:1::10.0.0.1",
        "2a00::5efe:10.0.0.1",
        "2a00::200:5efe:192.168.0.1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ];
    assert_eq!(passing(&filter, &denied), Vec::<&str>::new());
    let public =
        ["::ffff:8.8.8.8", "::ffff:0:8.8.8.8", "::8.8.8.8", "64:ff9b::8.8.8.8", "2a00::5efe:8.8.8.8"];
    assert_eq!(passing(&filter, &public), public);
}

#[test]
fn cve_2020_26262_unspecified_and_multicast_stay_denied_whatever_is_allowed() {
    let filter = filter(&["0.0.0.0/0", "::/0"], &[]);
    let never =
        ["0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1", "2001::1", "2002::1", "::ffff:0.0.0.0"];
    assert_eq!(passing(&filter, &never), Vec::<&str>::new());
    let allowed = ["10.0.0.1", "127.0.0.1", "::1", "fd00::1", "::ffff:10.0.0.1"];
    assert_eq!(passing(&filter, &allowed), allowed);
}

#[test]
fn an_own_address_is_opened_only_by_an_entry_that_names_it() {
    let own = ["192.168.1.2", "8.8.4.4", "2a00::1"];
    assert_eq!(passing(&filter(&["192.168.0.0/16", "2a00::/16"], &own), &own), Vec::<&str>::new());
    assert_eq!(passing(&filter(&["192.168.1.2/32", "2a00::1/128"], &own), &own), ["192.168.1.2", "2a00::1"]);
    assert_eq!(passing(&filter(&["192.168.0.0/16"], &own), &["192.168.1.3"]), ["192.168.1.3"]);
}
