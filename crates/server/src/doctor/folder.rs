//! The data folder.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{Access, access};
use rustix::process::geteuid;

use super::Finding;
use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::secrets::{self, Secrets};
use crate::upgrade::Program;

/// Databases grow slowly; with less than this left they may stop growing soon, in bytes.
const LITTLE: u64 = 256 << 20;

pub(super) fn examine(config: &Config, program: Program, is_running: bool) -> Vec<Finding> {
    let path = &config.data.dir;
    let shown = path.display();
    let metadata = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => metadata,
        Ok(_) => {
            let text = format!("{shown} is no folder; name another with --data (data.dir)");
            return vec![Finding::bad("data folder", text)];
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return vec![missing(path)],
        Err(error) => {
            let text = format!("{shown} cannot be looked at: {error}; name another with --data (data.dir)");
            return vec![Finding::bad("data folder", text)];
        }
    };
    let mut findings = vec![rights(path, &metadata)];
    // A relay alone keeps hardly anything.
    if program == Program::Server {
        findings.push(room(path));
    }
    let Some(folder) = DataFolder::found(path, program) else { return findings };
    // Opening it may take rights away from others or add a key, as the program does.
    let secrets = match program {
        Program::Server => Secrets::load_or_create(&folder).map(|_| ()),
        Program::Relay => secrets::metrics_token(&folder).map(|_| ()),
    };
    if let Err(error) = secrets {
        findings.push(Finding::bad("secrets", error.to_string()));
    }
    // While the server runs the files are at work, and may be seen half written.
    if program == Program::Server
        && !is_running
        && let Err(error) = folder.refuse_cut_databases()
    {
        findings.push(Finding::bad("databases", error.to_string()));
    }
    findings
}

fn missing(path: &Path) -> Finding {
    let above = path.ancestors().skip(1).find(|above| above.exists() || above.as_os_str().is_empty());
    let above = above.filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let shown = path.display();
    match access(above, Access::WRITE_OK) {
        Ok(()) => Finding::good("data folder", format!("{shown} is not there yet; the first start makes it")),
        Err(_) => Finding::bad(
            "data folder",
            format!(
                "{shown} is not there, and whoever runs this may not make it; make it for them, or name another with --data"
            ),
        ),
    }
}

fn rights(path: &Path, metadata: &Metadata) -> Finding {
    let shown = path.display();
    let all = Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK;
    if access(path, all).is_err() {
        return Finding::bad(
            "data folder",
            format!(
                "{shown} may not be written by whoever runs this; give it to the user who runs visavis (chown)"
            ),
        );
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Finding::doubtful(
            "data folder",
            format!("{shown} may be read by others on this machine; take that away with `chmod 700 {shown}`"),
        );
    }
    let user = geteuid().as_raw();
    if metadata.uid() != user {
        return Finding::doubtful(
            "data folder",
            format!("{shown} belongs to another user; run this as the user who runs visavis"),
        );
    }
    Finding::good("data folder", format!("{shown} is there, and nobody else may read it"))
}

fn room(path: &Path) -> Finding {
    match rustix::fs::statvfs(path) {
        Ok(disk) if disk.f_bavail.saturating_mul(disk.f_frsize) < LITTLE => Finding::bad(
            "disk",
            format!(
                "less than {} MiB are left for the data folder; without room nobody can be called. Make some",
                LITTLE >> 20
            ),
        ),
        Ok(disk) => {
            let left = disk.f_bavail.saturating_mul(disk.f_frsize) >> 20;
            Finding::good("disk", format!("{left} MiB are left"))
        }
        Err(error) => Finding::doubtful("disk", format!("how much is left cannot be said: {error}")),
    }
}
