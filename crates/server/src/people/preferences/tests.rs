//! Nights, zones and what is refused.

use visavis_proto::QuietTime;

use super::*;

const WORKDAYS: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

fn at(text: &str) -> Timestamp {
    let moment: jiff::Timestamp = text.parse().unwrap();
    Timestamp(u64::try_from(moment.as_millisecond()).unwrap())
}

fn quiet(days: &[Weekday], from: &str, to: &str) -> QuietTime {
    QuietTime { days: days.to_vec(), from: from.to_owned(), to: to.to_owned() }
}

fn scheduled(schedule: Vec<QuietTime>, zone: &str) -> KeptPreferences {
    KeptPreferences { schedule, zone: Some(zone.to_owned()), ..KeptPreferences::default() }
}

#[test]
fn by_hand_it_holds_until_it_ends() {
    let now = at("2026-03-03T12:00:00Z");
    let given = |ends_in_ms| Preferences {
        do_not_disturb: DoNotDisturb { on: true, ends_in_ms, ..DoNotDisturb::default() },
        ..Preferences::default()
    };
    let for_ever = kept(given(None), now).unwrap();
    let an_hour = kept(given(Some(3_600_000)), now).unwrap();
    let (before, after) = (at("2026-03-03T12:59:59Z"), at("2026-03-03T13:00:00Z"));

    assert!(is_undisturbed(&for_ever, after));
    assert!(is_undisturbed(&an_hour, before));
    assert!(!is_undisturbed(&an_hour, after));
    assert_eq!(shown(an_hour.clone(), before).do_not_disturb.ends_in_ms, Some(1_000));
    assert!(!shown(an_hour, after).do_not_disturb.on);
}

#[test]
fn a_night_belongs_to_the_day_on_which_it_begins() {
    let kept = scheduled(vec![quiet(&WORKDAYS, "22:00", "07:00")], "UTC");
    let is_quiet = |text: &str| is_undisturbed(&kept, at(text));

    // 2026-03-02 is a Monday.
    assert!(!is_quiet("2026-03-02T06:59:00Z"), "Sunday's night is not named");
    assert!(!is_quiet("2026-03-02T21:59:59Z"));
    assert!(is_quiet("2026-03-02T22:00:00Z"));
    assert!(is_quiet("2026-03-03T06:59:59Z"));
    assert!(!is_quiet("2026-03-03T07:00:00Z"));
    assert!(is_quiet("2026-03-07T06:59:59Z"), "Friday's night lasts into Saturday");
    assert!(!is_quiet("2026-03-07T22:00:00Z"));
}

#[test]
fn a_whole_day_is_quiet_from_midnight_to_midnight() {
    let kept = scheduled(vec![quiet(&[Weekday::Sun], "00:00", "00:00")], "UTC");

    assert!(!is_undisturbed(&kept, at("2026-02-28T23:59:59Z")));
    assert!(is_undisturbed(&kept, at("2026-03-01T00:00:00Z")));
    assert!(is_undisturbed(&kept, at("2026-03-01T23:59:59Z")));
    assert!(!is_undisturbed(&kept, at("2026-03-02T00:00:00Z")));
}

#[test]
fn ten_at_night_stays_ten_at_night_when_the_clocks_change() {
    let kept = scheduled(vec![quiet(&[Weekday::Sat, Weekday::Sun], "22:00", "23:00")], "Europe/Berlin");

    // The clocks went forward on 2026-03-29 and back on 2026-10-25, both Sundays.
    assert!(is_undisturbed(&kept, at("2026-03-28T21:30:00Z")));
    assert!(!is_undisturbed(&kept, at("2026-03-28T20:30:00Z")));
    assert!(is_undisturbed(&kept, at("2026-03-29T20:30:00Z")));
    assert!(!is_undisturbed(&kept, at("2026-03-29T21:30:00Z")));
    assert!(is_undisturbed(&kept, at("2026-10-24T20:30:00Z")));
    assert!(is_undisturbed(&kept, at("2026-10-25T21:30:00Z")));
}

#[test]
fn what_does_not_exist_is_refused_by_name() {
    let refused = |do_not_disturb| {
        let given = Preferences { do_not_disturb, ..Preferences::default() };
        kept(given, Timestamp(0)).unwrap_err().message.into_owned()
    };
    let with = |schedule| DoNotDisturb { schedule, ..DoNotDisturb::default() };

    let zone = DoNotDisturb { zone: Some("Mars/Olympus".to_owned()), ..DoNotDisturb::default() };
    assert!(refused(zone).starts_with("do_not_disturb.zone: \"Mars/Olympus\" is no time zone"));
    for wrong in ["24:00", "7:00", "22.00", "22:60", "+1:00", "22:00:00", ""] {
        let message = refused(with(vec![quiet(&WORKDAYS, "21:00", wrong)]));
        assert_eq!(message, format!("do_not_disturb.schedule: {wrong:?} is no time such as 22:00"));
    }
    assert!(refused(with(vec![quiet(&[], "21:00", "22:00")])).contains("1 to 7 days"));
    assert!(refused(with(vec![quiet(&WORKDAYS, "21:00", "22:00"); 29])).contains("at most 28"));
    let long = DoNotDisturb { on: true, ends_in_ms: Some(u64::MAX), ..DoNotDisturb::default() };
    assert!(refused(long).contains("400 days"));
}

#[test]
fn preferences_come_back_as_they_were_given() {
    let now = at("2026-03-03T12:00:00Z");
    let given = Preferences {
        callers: visavis_proto::Callers::Contacts,
        call_waiting: false,
        do_not_disturb: DoNotDisturb {
            on: true,
            ends_in_ms: Some(60_000),
            schedule: vec![quiet(&WORKDAYS, "22:00", "07:00")],
            zone: Some("Asia/Shanghai".to_owned()),
        },
        favourites_ring_through: false,
        hide_address: true,
    };

    assert_eq!(shown(kept(given.clone(), now).unwrap(), now), given);
    assert_eq!(shown(KeptPreferences::default(), now), Preferences::default());
}
