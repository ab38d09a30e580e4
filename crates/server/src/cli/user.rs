//! `visavis user`: who has an account. Works on the database, whether the server runs or not.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use visavis_proto::UserId;
use visavis_store::{Store, User};

use super::{hint, print, qr, quoted, tell};
use crate::accounts::{days, guests, sign_up};
use crate::addresses;
use crate::clock;
use crate::config::{Config, PublicUrl};
use crate::data_folder::DataFolder;
use crate::run_file::RunFile;
use crate::upgrade::Program;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Adds somebody and prints the one-time link with which they choose a password. The first person of a server becomes
    /// its administrator, and this says so.
    Add {
        #[command(flatten)]
        whom: Whom,
        /// They administer the server in the app.
        #[arg(long)]
        admin: bool,
    },
    /// Says whether somebody administers the server in the app: its users, links, live calls and relay.
    Admin {
        /// The name others dial.
        name: String,
        /// Whether they do.
        #[arg(value_name = "on|off")]
        state: OnOff,
    },
    /// Lists everybody.
    List {
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Prints a new one-time link, for somebody who lost theirs or their password. It replaces links of before; the
    /// password stays valid until the link is used.
    Link(Whom),
    /// Removes somebody with everything that is theirs. If the server runs, their devices are closed within a second and
    /// their calls end.
    Remove {
        /// The name others dial.
        name: String,
    },
}

/// A switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OnOff {
    On,
    Off,
}

/// The server whose people these are.
#[derive(Clone, Copy)]
struct Place<'a> {
    config: &'a Config,
    folder: &'a DataFolder,
    store: &'a Store,
    /// What leads another command to the same server.
    flags: &'a [OsString],
}

impl Place<'_> {
    /// The command to type next.
    fn hint(self, words: &str) -> String {
        format!("`visavis user {}`", hint(words, self.flags))
    }
}

#[derive(Debug, Args)]
pub(super) struct Whom {
    /// The name others dial: letters and digits of any script, `.`, `_` and `-`.
    name: String,
    /// As JSON, for programs.
    #[arg(long)]
    json: bool,
    /// How the person reaches the server; by default `public.url`, or what the running server has found out.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
}

pub(super) fn perform(command: &UserCommand, config: &Config, flags: &[OsString]) -> anyhow::Result<()> {
    let folder = match command {
        // The first person may be added before the first start.
        UserCommand::Add { whom, .. } => {
            whom.new_id()?;
            open_or_make(&config.data.dir)?
        }
        UserCommand::Link(_)
        | UserCommand::Admin { .. }
        | UserCommand::Remove { .. }
        | UserCommand::List { .. } => DataFolder::existing(&config.data.dir)?,
    };
    folder.refuse_cut_databases()?;
    let store = Store::open(&folder.database())?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().context("cannot start")?;
    let place = Place { config, folder: &folder, store: &store, flags };
    runtime.block_on(async {
        let done = match command {
            UserCommand::Add { whom, admin } => add(whom, *admin, &place).await,
            UserCommand::Admin { name, state } => appoint(name, *state, &place).await,
            UserCommand::Link(whom) => link(whom, &place).await,
            UserCommand::Remove { name } => remove(name, &place).await,
            UserCommand::List { json } => list(&place, *json).await,
        };
        store.close().await;
        done
    })
}

/// The data folder, and a word about it if it is a new one: who meant another must not look for their people in vain.
fn open_or_make(path: &Path) -> anyhow::Result<DataFolder> {
    if let Ok(folder) = DataFolder::existing(path) {
        return Ok(folder);
    }
    let made = if path.exists() { "a new database was made in" } else { "a new data folder was made at" };
    let folder = DataFolder::open(path)?;
    let shown = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    tell(&format!(
        "{made} {}; the server finds it with `visavis serve --data {}`",
        shown.display(),
        quoted(shown.as_os_str())
    ));
    Ok(folder)
}

async fn add(whom: &Whom, admin: bool, place: &Place<'_>) -> anyhow::Result<()> {
    let id = whom.new_id()?;
    let base = whom.base()?;
    let user = User { id: id.clone(), display_name: whom.name.trim().to_owned() };
    let is_first = place.store.is_empty().await?;
    if !place.store.add_user(user, clock::now()).await? {
        refuse_shut(&id, place.store).await?;
        bail!("{id} has an account already; {} makes a new link", place.hint(&format!("link {id}")));
    }
    if admin || is_first {
        place.store.appoint(&id, true).await?;
    }
    if is_first && !admin {
        // Whoever may run this may do everything, so the first person is most likely the one who does.
        let back = place.hint(&format!("admin {id} off"));
        tell(&format!(
            "{id} is the first person here and so administers the server in the app; {back} changes that"
        ));
    }
    invite(&id, whom, base, place).await
}

async fn appoint(name: &str, state: OnOff, place: &Place<'_>) -> anyhow::Result<()> {
    let id = parse_name(name)?;
    let Some(account) = place.store.appoint(&id, state == OnOff::On).await? else {
        bail!("{id} has no account; {} makes one", place.hint(&format!("add {id}")));
    };
    let shut = if account.disabled { ", but the account is shut" } else { "" };
    match state {
        OnOff::On => print(&format!("{id} administers the server{shut}")),
        OnOff::Off => print(&format!("{id} does not administer the server")),
    }
}

async fn remove(name: &str, place: &Place<'_>) -> anyhow::Result<()> {
    let id = parse_name(name)?;
    if !place.store.remove_user(&id).await? {
        bail!("{id} has no account; {} shows who has", place.hint("list"));
    }
    print(&format!("{id} is removed"))
}

async fn link(whom: &Whom, place: &Place<'_>) -> anyhow::Result<()> {
    invite(&whom.id()?, whom, whom.base()?, place).await
}

/// An account that is shut gets no link, and is there all the same.
async fn refuse_shut(id: &UserId, store: &Store) -> anyhow::Result<()> {
    if store.is_disabled(id).await? {
        bail!(
            "the account of {id} is shut; an administrator opens it again in the app, at Administration, People"
        );
    }
    Ok(())
}

async fn invite(id: &UserId, whom: &Whom, base: Option<PublicUrl>, place: &Place<'_>) -> anyhow::Result<()> {
    let &Place { config, folder, store, .. } = place;
    let lifetime = days(config.accounts.signup_days);
    let Some(token) = sign_up::make_link(store, id, lifetime, clock::now()).await? else {
        refuse_shut(id, store).await?;
        bail!("{id} has no account; {} makes one", place.hint(&format!("add {id}")));
    };
    let bases = Bases::of(base, config, RunFile::read(folder, Program::Server).as_ref());
    let here = sign_up::page(&bases.here, &token);
    let elsewhere = bases.elsewhere.map(|base| sign_up::page(&base, &token));
    if whom.json {
        let expires_in_ms = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        let answer =
            json!({"name": id, "link": here, "network_link": elsewhere, "expires_in_ms": expires_in_ms});
        return print(&answer.to_string());
    }
    let days = config.accounts.signup_days;
    let mut text =
        format!("{id} can choose a password with this link, once, within {days} days:\n\n  {here}\n");
    if let Some(elsewhere) = &elsewhere {
        text += &format!("\nFrom another device:\n\n  {elsewhere}\n");
    }
    text += &format!("\n{}", qr::code(elsewhere.as_ref().unwrap_or(&here)));
    print(&text)
}

impl Whom {
    fn id(&self) -> anyhow::Result<UserId> {
        parse_name(&self.name)
    }

    /// The name, if somebody who is added may have it.
    fn new_id(&self) -> anyhow::Result<UserId> {
        let id = self.id()?;
        if guests::is_reserved(&id) {
            bail!("names that begin with {} are for guests; choose another", guests::RESERVED);
        }
        Ok(id)
    }

    fn base(&self) -> anyhow::Result<Option<PublicUrl>> {
        let Some(url) = &self.base_url else { return Ok(None) };
        let Ok(url) = url.parse() else {
            bail!("--base-url {url} must be http:// or https:// and a host, without a path");
        };
        Ok(Some(url))
    }
}

fn parse_name(name: &str) -> anyhow::Result<UserId> {
    let can = "letters and digits of any script, `.`, `_` and `-` can";
    if name.trim().is_empty() {
        bail!("the name is empty; {can} be in one");
    }
    name.parse().with_context(|| format!("{name:?} cannot be a name; {can}"))
}

/// The beginnings of links.
struct Bases {
    /// For a browser on this machine, or for everybody if there is one address for everybody.
    here: String,
    /// For other devices in this network.
    elsewhere: Option<String>,
}

impl Bases {
    fn of(given: Option<PublicUrl>, config: &Config, running: Option<&RunFile>) -> Self {
        if let Some(url) = given.or_else(|| config.public.url.clone()) {
            return Self { here: url.as_str().to_owned(), elsewhere: None };
        }
        let https = running.and_then(|run| run.https.clone());
        let mut listen = config.https.listen;
        // The system may have chosen the port.
        let port = https.as_deref().and_then(|url| url.rsplit_once(':')?.1.parse().ok());
        if let (Some(listen), Some(port)) = (&mut listen, port) {
            listen.set_port(port);
        }
        // The server that runs knows better what it listens on.
        if running.is_some_and(|run| run.https.is_none()) {
            listen = None;
        }
        let elsewhere = listen.map(addresses::network_urls).unwrap_or_default().into_iter().next();
        let http = config.http.listen.map(|address| format!("http://localhost:{}", address.port()));
        let here = running.and_then(|run| run.http.clone()).or(https).or(http);
        let here = here.or_else(|| elsewhere.clone()).unwrap_or_else(|| "http://localhost:7070".to_owned());
        Self { here, elsewhere }
    }
}

async fn list(place: &Place<'_>, json: bool) -> anyhow::Result<()> {
    let accounts = place.store.accounts().await?;
    let now = clock::now();
    if json {
        let all: Vec<_> = accounts
            .iter()
            .map(|account| {
                let added_ago_ms = u64::try_from(now.since(account.created).as_millis()).unwrap_or(u64::MAX);
                json!({
                    "name": account.user.id, "display_name": account.user.display_name,
                    "signed_up": account.signed_up, "added_ago_ms": added_ago_ms,
                    "admin": account.admin, "disabled": account.disabled,
                })
            })
            .collect();
        return print(&json!(all).to_string());
    }
    if accounts.is_empty() {
        return print(&format!("nobody has an account yet; {} makes the first", place.hint("add NAME")));
    }
    let lines: Vec<String> = accounts
        .iter()
        .map(|account| {
            let state = if account.signed_up { "signed up" } else { "has not signed up yet" };
            let User { id, display_name } = &account.user;
            let admin = if account.admin { "\tadministrator" } else { "" };
            let shut = if account.disabled { "\tshut" } else { "" };
            let added = ago(now.since(account.created));
            format!("{id}\t{display_name}\t{state}\tadded {added}{admin}{shut}")
        })
        .collect();
    print(&lines.join("\n"))
}

fn ago(passed: Duration) -> String {
    let minutes = passed.as_secs() / 60;
    let (count, unit) = match minutes {
        0 => return "just now".to_owned(),
        1..60 => (minutes, "minute"),
        60..1440 => (minutes / 60, "hour"),
        1440.. => (minutes / 1440, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}
