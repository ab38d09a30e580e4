//! `visavis bridge`: what a messenger needs to carry the signaling of its users.

use clap::Args;
use serde_json::json;

use super::print;
use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::run_file::RunFile;
use crate::secrets::Secrets;
use crate::upgrade::Program;
use crate::webhook;

#[derive(Debug, Args)]
pub(super) struct BridgeCommand {
    /// As JSON, for programs.
    #[arg(long)]
    json: bool,
}

pub(super) fn perform(command: &BridgeCommand, config: &Config) -> anyhow::Result<()> {
    let folder = DataFolder::existing(&config.data.dir)?;
    let secrets = Secrets::load_or_create(&folder)?;
    let running = RunFile::read(&folder, Program::Server);
    let base = config.public.url.as_ref().map(|url| url.as_str().to_owned());
    let base = base.or_else(|| running.and_then(|run| run.http.or(run.https)));
    let messages = format!("{}/bridge/messages", base.as_deref().unwrap_or("http://localhost:7070"));
    let token = secrets.bridge_token;
    let key = webhook::shown_key(&secrets.webhook_key);
    let webhook = config.bridge.webhook.as_ref().map(ToString::to_string);
    if command.json {
        let answer = json!({"messages": messages, "token": token, "webhook": webhook, "webhook_key": key});
        return print(&answer.to_string());
    }
    let webhook = webhook.as_deref().unwrap_or("none yet: set bridge.webhook and restart the server");
    print(&format!(
        "The messenger posts what its users' devices say to\n\n  {messages}\n  Authorization: Bearer {token}\n\n\
         and takes what they are to be given at\n\n  {webhook}\n  signed (standardwebhooks.com) with {key}\n\n\
         Whoever has the token speaks for every user of this server: keep both secret."
    ))
}
