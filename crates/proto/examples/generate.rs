//! Writes what is generated from this crate: JSON Schema into `protocol/schema/`, TypeScript types into the
//! web SDK. Run by `cargo xtask generate` with the repository's root as its argument.

use std::path::PathBuf;
use std::{env, fs, io};

use visavis_proto::schema;

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::args_os().nth(1).unwrap_or_else(|| ".".into()));
    let pretty = |schema: &schemars::Schema| {
        let mut text = serde_json::to_string_pretty(schema).expect("a schema is JSON");
        text.push('\n');
        text
    };
    fs::create_dir_all(root.join("protocol/schema"))?;
    fs::write(root.join("protocol/schema/client.json"), pretty(&schema::client_schema()))?;
    fs::write(root.join("protocol/schema/server.json"), pretty(&schema::server_schema()))?;
    fs::create_dir_all(root.join("clients/web/sdk/src"))?;
    fs::write(root.join("clients/web/sdk/src/protocol.ts"), schema::typescript())
}
