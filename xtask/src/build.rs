//! What is built from what: npm packages → SDK and app → the server that embeds them.

use std::path::PathBuf;

use anyhow::Result;

use crate::command::Run;
use crate::fresh::{target, unless_fresh};
use crate::require;

/// The folders of our TypeScript packages.
pub(crate) const PACKAGES: [&str; 4] = ["clients/web/sdk", "clients/web/app", "e2e", "bench"];

/// Installs the locked npm packages.
pub(crate) fn npm_packages() -> Result<()> {
    require::node()?;
    let manifests = PACKAGES.map(|package| format!("{package}/package.json"));
    let mut inputs = vec!["package.json", "package-lock.json", ".npmrc"];
    inputs.extend(manifests.iter().map(String::as_str));
    unless_fresh("npm packages", &inputs, &["node_modules/.package-lock.json"], || {
        Run::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
            .go()
    })
}

/// Builds the web app (and the SDK inside it) to `clients/web/app/dist`.
pub(crate) fn web_app() -> Result<()> {
    npm_packages()?;
    let inputs = ["package-lock.json", "clients/web/sdk", "clients/web/app"];
    unless_fresh("web app", &inputs, &["clients/web/app/dist/index.html"], || {
        Run::new("npm").args(["run", "build", "--workspace", "clients/web/sdk"]).go()?;
        Run::new("npm").args(["run", "build", "--workspace", "clients/web/app"]).go()
    })
}

/// Builds the server without optimising it and returns where it is. It reads the web app from its folder.
pub(crate) fn development_server() -> Result<PathBuf> {
    require::c_compiler()?;
    web_app()?;
    Run::cargo("build").args(["--locked", "--package", "visavis-server"]).go()?;
    Ok(std::path::absolute(target().join("debug/visavis"))?)
}

/// Builds the server as it ships and returns where it is. Cargo itself knows what changed.
pub(crate) fn server() -> Result<PathBuf> {
    require::c_compiler()?;
    web_app()?;
    Run::cargo("build").args(["--release", "--locked", "--package", "visavis-server"]).go()?;
    Ok(std::path::absolute(target().join("release/visavis"))?)
}
