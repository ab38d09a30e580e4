//! A network of the browser tests' own: nothing of this machine's network is seen or changed, and none is needed.
//!
//!     media0 10.77.0.1/24 ── media1        lo 127.0.0.1        default via 10.77.0.2 (nobody)
//!
//! Browsers gather no candidates without an interface that has an address and a default route. The namespace has no name
//! and is held by its processes alone, which live in a process namespace besides: when the runner ends, is interrupted or
//! killed, the browsers, servers, addresses and packet filters end with it, and any number of runs fit side by side.

use crate::command::Run;
use crate::require::is_root;

/// An interface has all its addresses at once: one that came a second later, when nobody else has been found to have it, would be
/// a change of the network, at which a browser gives up the page that is just coming.
const SET_UP: &str = "\
for of in all default; do [ ! -e /proc/sys/net/ipv6/conf/$of ] || echo 0 >/proc/sys/net/ipv6/conf/$of/accept_dad; done
ip link set lo up
ip link add media0 type veth peer name media1
ip address add 10.77.0.1/24 dev media0
ip link set media0 up
ip link set media1 up
ip route add default via 10.77.0.2
\"$@\"
exit $?";

/// How this machine lets us make one.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Namespace {
    /// We are the superuser.
    Root,
    /// The kernel lets a user be the superuser of a namespace.
    User,
}

impl Namespace {
    /// Finds a way, or nothing if this machine has none.
    pub(crate) fn available() -> Option<Self> {
        let way = if is_root() { Self::Root } else { Self::User };
        way.enter().arg("true").read().map(|_| way)
    }

    /// The beginning of a command line that runs the rest inside a new namespace.
    pub(crate) fn enter(self) -> Run {
        // Should this process be killed, `setpriv` has the kernel kill the first process of the namespace and so all.
        let run = Run::new("setpriv").args(["--pdeathsig", "KILL", "unshare"]);
        let run = match self {
            Self::Root => run,
            Self::User => run.args(["--user", "--map-root-user"]),
        };
        run.args(["--net", "--pid", "--fork", "--kill-child", "--mount-proc"]).args([
            "bash",
            "-euo",
            "pipefail",
            "-c",
            SET_UP,
            "namespace",
        ])
    }
}
