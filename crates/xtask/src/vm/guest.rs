//! What this program does inside of the virtual machine: it loads modules as root, and runs the
//! tests as an ordinary user.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use clap::Args;
use serde::{Deserialize, Serialize};

use super::{DONE, JOB, LEFT, ONLY};
use crate::unprivileged::PATH;

/// What the tests left out in the guest too.
pub(super) const STILL_LEFT: &str = "left.txt";

/// What is a module in a distribution's kernel. An ordinary user's namespace makes the kernel load
/// none of the interfaces' modules.
const MODULES: &[&str] = &[
    "8021q",
    "bonding",
    "bridge",
    "dummy",
    "ip_gre",
    "ip6_gre",
    "ipip",
    "ipvlan",
    "macvlan",
    "veth",
    "vrf",
    "vxlan",
    "wireguard",
    "sch_netem",
    "sch_tbf",
    "sch_fq_codel",
    "nf_tables",
    "nft_chain_nat",
    "nft_ct",
    "nft_masq",
    "nft_nat",
    "nft_limit",
    "nft_log",
    "nft_reject_inet",
    "tun",
    "af_packet",
];

/// Which folder holds the job.
#[derive(Args)]
pub(crate) struct GuestArgs {
    folder: PathBuf,
}

/// What is to be run, as whom.
#[derive(Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// What the tests see as the checkout.
    pub(super) root: PathBuf,
    pub(super) variables: Vec<(String, String)>,
    /// Test programs and the names of their tests.
    pub(super) programs: Vec<(PathBuf, Vec<String>)>,
}

/// The file with what the program of that number printed.
pub(super) fn output_name(number: usize) -> String {
    format!("tests-{number}.txt")
}

/// Runs the job; whoever started the machine reads the results in its folder.
pub(crate) fn run(args: &GuestArgs) -> Result<()> {
    let folder = &args.folder;
    let text = fs::read_to_string(folder.join(JOB)).context("no job in the folder")?;
    let job: Job = serde_json::from_str(&text)?;
    // A module that is missing is told by the tests that need it.
    let loaded = Command::new("modprobe").arg("-a").args(MODULES).status();
    println!("modprobe: {loaded:?}");
    // Files of the guest's own: the folder's owner may be nobody here.
    let own = Path::new("/run/netyard-vm");
    for (name, mode) in [
        ("", 0o755),
        ("home", 0o700),
        ("runtime", 0o700),
        ("artifacts", 0o755),
    ] {
        let made = own.join(name);
        fs::create_dir_all(&made).with_context(|| format!("cannot make {}", made.display()))?;
        fs::set_permissions(&made, Permissions::from_mode(mode))?;
        if !name.is_empty() {
            chown(&made, Some(job.uid), Some(job.gid))?;
        }
    }
    let left = own.join("left");
    File::create(&left)?.set_permissions(Permissions::from_mode(0o666))?;
    for (number, (program, tests)) in job.programs.iter().enumerate() {
        let output = File::create(folder.join(output_name(number)))?;
        let status = Command::new(program)
            .env_clear()
            .envs(job.variables.iter().map(|(name, value)| (name, value)))
            .env(ONLY, tests.join(" "))
            .env(LEFT, &left)
            .env("NETYARD_ARTIFACTS", own.join("artifacts"))
            .env("PATH", PATH)
            .env("LANG", "C.UTF-8")
            .env("HOME", own.join("home"))
            .env("XDG_RUNTIME_DIR", own.join("runtime"))
            .current_dir(&job.root)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .gid(job.gid)
            .uid(job.uid)
            .status();
        println!("{}: {status:?}", program.display());
        fs::copy(&left, folder.join(STILL_LEFT))?;
    }
    File::create(folder.join(DONE))?;
    Ok(())
}
