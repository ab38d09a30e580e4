//! A transcript: who takes part, and what is done, said, heard and shown, in order.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Who is put to the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Side {
    /// A server; every device is played.
    Server,
    /// A client; the server is played.
    Client,
}

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transcript {
    /// The file's name without its ending.
    #[serde(skip)]
    pub(crate) name: String,
    /// A sentence: what holds.
    pub(crate) title: String,
    /// Who can be tested by it; both, unless it says otherwise.
    #[serde(default = "both_sides", rename = "for")]
    sides: Vec<Side>,
    /// The devices by the name the steps use for them, as `user/device`.
    pub(crate) devices: BTreeMap<String, String>,
    /// Devices whose part is complete enough to test a client by; all, unless it says otherwise.
    clients: Option<Vec<String>>,
    /// What happens.
    pub(crate) steps: Vec<Step>,
}

fn both_sides() -> Vec<Side> {
    vec![Side::Server, Side::Client]
}

/// One thing that happens.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Step {
    /// A device opens a socket and says hello. Every device has done so at the start unless its first step is this.
    Connect(Connect),
    /// A device's socket breaks.
    Disconnect(Disconnect),
    /// A device says this.
    From(From),
    /// A device hears this; what it hears besides is passed over.
    To(To),
    /// Nothing like this has been told to the device.
    NeverTo(NeverTo),
    /// Nothing like this has been said by the device.
    NeverFrom(NeverFrom),
    /// The user of a device does something.
    Do(Do),
    /// The media of a device does something.
    Engine(Engine),
    /// A device shows this.
    State(State),
    /// Time passes.
    Wait(Wait),
}

macro_rules! step {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name { $($(#[$field_doc])* pub(crate) $field: $kind),* }
    };
}

/// See [`Step::Connect`].
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connect {
    /// Which device.
    pub(crate) connect: String,
    /// The calls its hello names.
    #[serde(default)]
    pub(crate) holds: Vec<Value>,
    /// What its welcome says.
    #[serde(default)]
    pub(crate) welcome: Map<String, Value>,
}

impl Connect {
    /// Of a device that holds no call.
    pub(crate) fn of(device: &str) -> Self {
        Self { connect: device.to_owned(), holds: Vec::new(), welcome: Map::new() }
    }
}

step! {
    /// See [`Step::Disconnect`].
    Disconnect { disconnect: String }
}
step! {
    /// See [`Step::From`].
    From { from: String, message: Value }
}
step! {
    /// See [`Step::To`].
    To { to: String, message: Value }
}
step! {
    /// See [`Step::NeverTo`].
    NeverTo { never_to: String, message: Value }
}
step! {
    /// See [`Step::NeverFrom`].
    NeverFrom { never_from: String, message: Value }
}
step! {
    /// See [`Step::State`].
    State { at: String, state: Value }
}
step! {
    /// See [`Step::Wait`].
    Wait { ms: u64 }
}

/// See [`Step::Do`].
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Do {
    /// Whose user.
    pub(crate) at: String,
    /// What.
    pub(crate) r#do: String,
    /// With what.
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

/// See [`Step::Engine`].
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Engine {
    /// Whose media.
    pub(crate) at: String,
    /// What.
    pub(crate) engine: String,
    /// With what.
    #[serde(flatten)]
    pub(crate) more: Map<String, Value>,
}

impl Step {
    /// Whose step it is; `None` for all.
    pub(crate) fn device(&self) -> Option<&str> {
        match self {
            Self::Connect(step) => Some(&step.connect),
            Self::Disconnect(step) => Some(&step.disconnect),
            Self::From(step) => Some(&step.from),
            Self::To(step) => Some(&step.to),
            Self::NeverTo(step) => Some(&step.never_to),
            Self::NeverFrom(step) => Some(&step.never_from),
            Self::Do(step) => Some(&step.at),
            Self::Engine(step) => Some(&step.at),
            Self::State(step) => Some(&step.at),
            Self::Wait(_) => None,
        }
    }
}

impl Transcript {
    /// Whether it tests such a side.
    pub(crate) fn is_for(&self, side: Side) -> bool {
        self.sides.contains(&side)
    }

    /// The devices as which a client is tested.
    pub(crate) fn clients(&self) -> Vec<String> {
        self.clients.clone().unwrap_or_else(|| self.devices.keys().cloned().collect())
    }

    /// Whether a device is connected from the start.
    pub(crate) fn starts_connected(&self, device: &str) -> bool {
        let first = self.steps.iter().find(|step| step.device() == Some(device));
        !matches!(first, Some(Step::Connect(_)))
    }

    fn check(&self) -> Result<()> {
        for (number, step) in self.steps.iter().enumerate() {
            if let Some(device) = step.device()
                && !self.devices.contains_key(device)
            {
                bail!("step {} is about {device}, who is not among its devices", number + 1);
            }
            if matches!(step, Step::Wait(_)) && self.is_for(Side::Server) {
                bail!("step {} lets time pass, which only a transcript for clients may", number + 1);
            }
        }
        for (name, address) in &self.devices {
            if address.split_once('/').is_none_or(|(user, device)| user.is_empty() || device.is_empty()) {
                bail!("device {name} is {address:?}, not `user/device`");
            }
        }
        Ok(())
    }
}

/// All transcripts of a folder, by name.
pub(crate) fn read_folder(folder: &Path) -> Result<Vec<Transcript>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut transcripts = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut transcript: Transcript =
            serde_json::from_str(&text).with_context(|| format!("{} is no transcript", path.display()))?;
        transcript.check().with_context(|| path.display().to_string())?;
        transcript.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        transcripts.push(transcript);
    }
    transcripts.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(transcripts)
}
