//! `cargo xtask bench relay`: our relay, coturn and pion under the same load. Everything happens in a network of its own,
//! on its loopback interface.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::command::Run;
use crate::fresh::target;
use crate::namespace::Namespace;
use crate::{require, say};

/// The oldest Go that pion/turn v5 is built with.
const GO_AT_LEAST: (u32, u32) = (1, 24);

/// Builds what can be built here, and runs the load generator with these flags.
pub(crate) fn relay(arguments: &[String]) -> Result<ExitCode> {
    let Some(namespace) = Namespace::available() else {
        bail!("this needs a network namespace: run as root, or allow user namespaces");
    };
    Run::cargo("build").args(["--release", "--locked", "--package", "visavis-relay-load"]).go()?;
    let generator = std::path::absolute(target().join("release/visavis-relay-load"))?;
    let asks_for_help = arguments.iter().any(|argument| argument == "--help" || argument == "-h");
    if asks_for_help {
        Run::new("env").arg(generator).arg("--help").go()?;
        return Ok(ExitCode::SUCCESS);
    }
    require::coturn()?;
    let mut run = namespace.enter().arg(generator);
    let pion = pion()?;
    if let Some(pion) = &pion {
        run = run.env("BENCH_RELAY_PION", pion);
    }
    let chooses_servers = arguments.iter().any(|argument| argument.starts_with("--servers"));
    if pion.is_some() && !chooses_servers {
        run = run.arg("--servers=visavis,coturn,pion");
    }
    run.args(arguments).go()?;
    Ok(ExitCode::SUCCESS)
}

/// What a packet costs our core in instructions, by Callgrind.
pub(crate) fn instructions(arguments: &[String]) -> Result<ExitCode> {
    require::valgrind()?;
    let program = "visavis-route-instructions";
    Run::cargo("build")
        .args(["--release", "--locked", "--package", "visavis-relay-load", "--bin", program])
        .go()?;
    Run::new("env").arg(std::path::absolute(target().join("release").join(program))?).args(arguments).go()?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the server in `bench/relay/pion`, if there is a Go for it.
fn pion() -> Result<Option<PathBuf>> {
    let (major, minor) = GO_AT_LEAST;
    let Some(version) = Run::new("go").arg("version").read().filter(|version| is_new_enough(version)) else {
        say(&format!("! without pion: there is no Go {major}.{minor} or newer"));
        return Ok(None);
    };
    say(&format!("- {version}"));
    let folder = std::path::absolute(target().join("bench/relay"))?;
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let program = folder.join("pion");
    let build =
        Run::new("go").args(["build", "-C", "bench/relay/pion", "-trimpath", "-buildvcs=false", "-o"]);
    build.arg(&program).arg(".").env("CGO_ENABLED", "0").env("GOFLAGS", "-mod=readonly").go()?;
    Ok(Some(program))
}

/// Whether this is what a Go says that is new enough: `go version go1.26.8 linux/amd64`.
fn is_new_enough(said: &str) -> bool {
    let Some(version) = said.split_whitespace().find_map(|word| word.strip_prefix("go1.")) else {
        return false;
    };
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().is_ok_and(|minor: u32| (1, minor) >= GO_AT_LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_of_go_are_compared_by_number() {
        let judged = ["1.26.8", "1.24", "1.24rc1", "1.9.2", "1.23.12", "junk"]
            .map(|version| is_new_enough(&format!("go version go{version} linux/amd64")));
        assert_eq!(judged, [true, true, true, false, false, false]);
    }
}
