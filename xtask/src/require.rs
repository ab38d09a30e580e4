//! What the machine must have: found, installed where we may, else named with the command that installs it.

use std::path::Path;

use anyhow::{Result, bail};

use crate::command::Run;
use crate::{fresh, say};

/// The oldest Node.js that the web tool chain (vite 8) runs on.
const NODE_AT_LEAST: (u32, u32) = (20, 19);

/// The oldest Go that builds the client made of pion's library: from then on it fetches by itself what is newer and needed.
const GO_AT_LEAST: (u32, u32) = (1, 21);

/// A Debian package that the tests use, and a file by which we see that it is there.
struct Package {
    name: &'static str,
    proof: &'static str,
}

/// What `cargo xtask test` needs besides the tool chain.
const TEST_PACKAGES: [Package; 11] = [
    Package { name: "chromium", proof: "/usr/bin/chromium" },
    Package { name: "firefox-esr", proof: "/usr/bin/firefox-esr" },
    Package { name: "coturn", proof: "/usr/bin/turnutils_uclient" },
    Package { name: "valgrind", proof: "/usr/bin/valgrind" },
    Package { name: "iproute2", proof: "/sbin/ip" },
    Package { name: "ethtool", proof: "/usr/sbin/ethtool" },
    Package { name: "nftables", proof: "/usr/sbin/nft" },
    Package { name: "openssl", proof: "/usr/bin/openssl" },
    Package { name: "libnss3-tools", proof: "/usr/bin/certutil" },
    Package { name: "fonts-noto-cjk", proof: "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc" },
    Package { name: "fonts-noto-color-emoji", proof: "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf" },
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
    if numbers_of(version.trim_start_matches('v')) < NODE_AT_LEAST {
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
        update_package_lists()?;
        return install(&["build-essential"]);
    }
    bail!("a C compiler is missing (for SQLite): `apt-get install -y build-essential`");
}

/// A program that cargo installs: the one of this machine, else one of our own below `target/tools`.
pub(crate) fn cargo_tool(name: &str, version: &str) -> Result<Run> {
    if Run::new(name).arg("--version").read().is_some() {
        return Ok(Run::new(name));
    }
    let root = std::path::absolute(fresh::target().join("tools"))?;
    let program = root.join("bin").join(name);
    if !program.exists() {
        say(&format!("- installing {name} {version} to {} (some minutes, once)", root.display()));
        // Unoptimised: to build it takes far longer than ever to run it.
        Run::cargo("install")
            .args(["--locked", "--quiet", "--debug", "--version", version, "--root"])
            .arg(&root)
            .arg(name)
            .go()?;
    }
    Ok(Run::new(&program.display().to_string()))
}

/// Installs what the tests need if we may; else says what will be skipped for want of it.
/// Returns whether everything is there.
pub(crate) fn test_packages() -> Result<bool> {
    let missing = missing_packages();
    let has_go = has_go();
    if may_install() && !(missing.is_empty() && has_go) {
        update_package_lists()?;
        let go = (!has_go && debian_has_go()).then_some("golang-go");
        let wanted: Vec<_> = missing.iter().copied().chain(go).collect();
        if !wanted.is_empty() {
            keep_coturn_from_starting(&missing)?;
            install(&wanted)?;
        }
    }
    let missing = missing_packages();
    if !missing.is_empty() {
        say(&format!("! some tests will be skipped; they need: apt-get install -y {}", missing.join(" ")));
    }
    let has_go = self::has_go();
    if !has_go {
        say(&format!(
            "! the tests with a client made of pion will be skipped; they need Go {}.{} or newer: \
             `apt-get install -y golang-go` (Debian 13 and newer; for Debian 12 see https://go.dev/doc/install)",
            GO_AT_LEAST.0, GO_AT_LEAST.1
        ));
    }
    Ok(missing.is_empty() && has_go)
}

/// Go, new enough for the client made of pion's library.
fn has_go() -> bool {
    // `go version go1.24.4 linux/amd64`
    let version = Run::new("go").arg("version").read();
    version
        .is_some_and(|said| numbers_of(said.trim_start_matches(|c: char| !c.is_ascii_digit())) >= GO_AT_LEAST)
}

/// Whether this Debian's own is.
fn debian_has_go() -> bool {
    let policy = Run::new("apt-cache").args(["policy", "golang-go"]).read().unwrap_or_default();
    // `Candidate: 2:1.24~2`, where the 2 tells it from how versions were counted before.
    let candidate = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: "));
    candidate.and_then(|version| version.rsplit(':').next()).is_some_and(|it| numbers_of(it) >= GO_AT_LEAST)
}

/// coturn: its server, to be measured beside ours.
pub(crate) fn coturn() -> Result<()> {
    one("coturn")
}

/// What compiles the relay's program for the kernel.
pub(crate) fn clang() -> Result<()> {
    if Run::new("clang").arg("--version").read().is_some() && !missing_strip() {
        return Ok(());
    }
    if !may_install() {
        bail!("clang or llvm-strip is missing: `apt-get install -y clang llvm`");
    }
    install(&["clang", "llvm"])
}

/// Whether what takes debugging information out of its object is not there.
pub(crate) fn missing_strip() -> bool {
    Run::new("llvm-strip").arg("--version").read().is_none()
}

/// Valgrind: counts the instructions of the relay's core.
pub(crate) fn valgrind() -> Result<()> {
    one("valgrind")
}

/// One of the packages that the tests need, too.
fn one(package: &str) -> Result<()> {
    let missing: Vec<_> = missing_packages().into_iter().filter(|name| *name == package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !may_install() {
        bail!("{package} is missing: `apt-get install -y {package}`");
    }
    update_package_lists()?;
    keep_coturn_from_starting(&missing)?;
    install(&missing)
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

/// Another apt may be at work on a fresh machine; waits for it instead of failing.
fn apt() -> Run {
    Run::new("apt-get")
        .args(["-o", "DPkg::Lock::Timeout=500", "-qq"])
        .env("DEBIAN_FRONTEND", "noninteractive")
}

fn update_package_lists() -> Result<()> {
    apt().arg("update").go()
}

fn install(packages: &[&str]) -> Result<()> {
    apt().args(["install", "-y", "--no-install-recommends"]).args(packages).go()
}

/// coturn is installed for tests and measurements only; its service would take the port of our relay.
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
    say("- masking coturn.service: coturn is only used by tests and measurements");
    std::fs::create_dir_all(units)?;
    std::os::unix::fs::symlink("/dev/null", mask)?;
    Ok(())
}

/// The first two numbers of a version; 0 for what is none.
fn numbers_of(version: &str) -> (u32, u32) {
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        let read = ["20.19.0", "22.1", "1.24~2", "1.26.8 linux/amd64", "junk", ""].map(numbers_of);
        assert_eq!(read, [(20, 19), (22, 1), (1, 24), (1, 26), (0, 0), (0, 0)]);
        assert!(numbers_of("20.9.0") < NODE_AT_LEAST);
        assert!(numbers_of("22.1.0") > NODE_AT_LEAST);
    }
}
