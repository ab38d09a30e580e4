//! What the machine must have: found, installed where we may, else named with the command that installs it.

use std::path::Path;

use anyhow::{Result, bail};

use crate::command::Run;
use crate::say;

/// The oldest Node.js that the web tool chain (vite 8) runs on.
const NODE_AT_LEAST: (u32, u32) = (20, 19);

/// A Debian package that the tests use, and a file by which we see that it is there.
struct Package {
    name: &'static str,
    proof: &'static str,
}

/// What `cargo xtask test` needs besides the tool chain.
const TEST_PACKAGES: [Package; 7] = [
    Package { name: "chromium", proof: "/usr/bin/chromium" },
    Package { name: "firefox-esr", proof: "/usr/bin/firefox-esr" },
    Package { name: "coturn", proof: "/usr/bin/turnutils_uclient" },
    Package { name: "iproute2", proof: "/sbin/ip" },
    Package { name: "nftables", proof: "/usr/sbin/nft" },
    Package { name: "openssl", proof: "/usr/bin/openssl" },
    Package { name: "fonts-noto-cjk", proof: "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc" },
];

/// Node.js and npm, new enough for the web app.
pub(crate) fn node() -> Result<()> {
    let advice = format!(
        "the web app is built with Node.js {}.{} or newer and npm: `apt-get install -y nodejs npm` \
         (Debian 13 and newer; for Debian 12 take Node.js 22 from https://nodejs.org/en/download)",
        NODE_AT_LEAST.0, NODE_AT_LEAST.1
    );
    let Some(version) = Run::new("node").arg("--version").read() else {
        bail!("node is missing; {advice}");
    };
    if !node_is_new_enough(&version) {
        bail!("node {version} is too old; {advice}");
    }
    if Run::new("npm").arg("--version").read().is_none() {
        bail!("npm is missing; {advice}");
    }
    Ok(())
}

/// A C compiler: the bundled SQLite is compiled from source.
pub(crate) fn c_compiler() -> Result<()> {
    if Run::new("cc").arg("--version").read().is_some() {
        return Ok(());
    }
    if may_install() {
        return install(&["build-essential"]);
    }
    bail!("a C compiler is missing (for SQLite): `apt-get install -y build-essential`");
}

/// Installs what the tests need if we may; else says what will be skipped for want of it.
/// Returns whether everything is there.
pub(crate) fn test_packages() -> Result<bool> {
    let missing = missing_packages();
    if missing.is_empty() {
        return Ok(true);
    }
    if may_install() {
        keep_coturn_from_starting(&missing)?;
        install(&missing)?;
    }
    let missing = missing_packages();
    if !missing.is_empty() {
        say(&format!("! some tests will be skipped; they need: apt-get install -y {}", missing.join(" ")));
    }
    Ok(missing.is_empty())
}

fn missing_packages() -> Vec<&'static str> {
    TEST_PACKAGES
        .iter()
        .filter(|package| !Path::new(package.proof).exists())
        .map(|package| package.name)
        .collect()
}

/// The superuser, by the one question that needs no system call of ours.
pub(crate) fn is_root() -> bool {
    Run::new("id").arg("-u").read().is_some_and(|id| id == "0")
}

fn may_install() -> bool {
    is_root() && Path::new("/usr/bin/apt-get").exists()
}

fn install(packages: &[&str]) -> Result<()> {
    // Another apt may be at work on a fresh machine; wait for it instead of failing.
    let apt = || {
        Run::new("apt-get")
            .args(["-o", "DPkg::Lock::Timeout=500", "-qq"])
            .env("DEBIAN_FRONTEND", "noninteractive")
    };
    apt().arg("update").go()?;
    apt().args(["install", "-y", "--no-install-recommends"]).args(packages).go()
}

/// coturn is installed for its test client only; its service would take the port of our relay.
/// Masking works before the package is there, on hosts and in containers, and for every later boot.
fn keep_coturn_from_starting(missing: &[&str]) -> Result<()> {
    if !missing.contains(&"coturn") {
        return Ok(());
    }
    let units = Path::new("/etc/systemd/system");
    let mask = units.join("coturn.service");
    if mask.symlink_metadata().is_ok() {
        return Ok(());
    }
    say("- masking coturn.service: only its test client is used");
    std::fs::create_dir_all(units)?;
    std::os::unix::fs::symlink("/dev/null", mask)?;
    Ok(())
}

fn node_is_new_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    found >= NODE_AT_LEAST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_are_compared_by_number() {
        let judged =
            ["v20.19.0", "v20.20.2", "v22.1.0", "v20.9.0", "v18.20.4", "junk"].map(node_is_new_enough);
        assert_eq!(judged, [true, true, true, false, false, false]);
    }
}
