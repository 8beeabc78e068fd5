//! The stage `vm`: the tests that need what this kernel lacks, on the full kernel of a distribution
//! in a virtual machine. It runs under plain emulation, so it needs no `/dev/kvm`.

mod boot;
mod guest;
mod left;
mod tools;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

pub(crate) use self::guest::{GuestArgs, run as run_in_guest};
pub(crate) use self::left::{Left, read as read_left, skipped};
pub(crate) use self::tools::newest_kernel;
use crate::counts::Counts;
use crate::unprivileged;
use crate::workspace::Workspace;

/// The variable that names the file in which test programs say what they left out
/// (tests/support/needs.rs).
pub(crate) const LEFT: &str = "NETYARD_LEFT";

/// The variable with the names of the tests that a test program is to run.
const ONLY: &str = "NETYARD_ONLY";

/// What the two sides share, in a folder that the guest may write to.
const JOB: &str = "job.json";
const DONE: &str = "done";

/// A file for that, which the test user may write to.
pub(crate) fn file_for_left() -> Result<NamedTempFile> {
    let file = tempfile::Builder::new()
        .prefix("netyard-left-")
        .tempfile()?;
    let mode = fs::Permissions::from_mode(0o666);
    fs::set_permissions(file.path(), mode)?;
    Ok(file)
}

/// Runs what was left out, and judges that nothing of it is missing.
pub(crate) fn run(
    workspace: &Workspace,
    stage: &unprivileged::Stage,
    seed: (&str, &str),
    left: &[Left],
) -> Result<(Counts, Vec<String>)> {
    let programs = left::by_program(left);
    if programs.is_empty() {
        return Ok((
            Counts::PASSED,
            vec!["this kernel lacks nothing that a test needs".to_owned()],
        ));
    }
    let vng = tools::virtme(workspace)?;
    let kernel = newest_kernel().context("there is no kernel to start")?;
    // Not in the checkout: its path may hold spaces, of which virtme-ng makes several words.
    let folder = tempfile::Builder::new().prefix("netyard-vm-").tempdir()?;
    let runner = folder.path().join("runner");
    fs::copy(std::env::current_exe()?, &runner).context("cannot copy xtask for the guest")?;
    let me = fs::metadata("/proc/self")?;
    let (uid, gid) = stage.user().unwrap_or((me.uid(), me.gid()));
    let job = guest::Job {
        uid,
        gid,
        root: stage.root().to_path_buf(),
        variables: variables(stage, seed)?,
        programs: programs
            .iter()
            .map(|(path, tests)| (path.clone(), tests.iter().cloned().collect()))
            .collect(),
    };
    fs::write(folder.path().join(JOB), serde_json::to_string(&job)?)?;
    eprintln!(
        "{} test programs on {} in a virtual machine",
        programs.len(),
        kernel.display()
    );
    let console = folder.path().join("console.txt");
    let booted = boot::run(&vng, &kernel, folder.path(), &runner, &console);
    let kept = keep(workspace, folder.path())?;
    let judged = left::judge(
        left,
        &outputs(folder.path(), programs.len()),
        &still(folder.path()),
    );
    let (mut counts, mut notes) = judged;
    let end = match booted {
        Err(error) => Some(format!("{error:#}")),
        Ok(()) if folder.path().join(DONE).exists() => None,
        Ok(()) => Some("the virtual machine ended before its tests did".to_owned()),
    };
    if let Some(end) = end {
        counts = counts + Counts::FAILED;
        notes.push(end);
    }
    if counts.failed > 0 {
        notes.push(format!("what the machine said is in {}", kept.display()));
    }
    Ok((counts, notes))
}

fn variables(stage: &unprivileged::Stage, seed: (&str, &str)) -> Result<Vec<(String, String)>> {
    let mut variables = vec![(seed.0.to_owned(), seed.1.to_owned())];
    for (name, path) in stage.variables() {
        let path = path.to_str().context("a path is no UTF-8")?;
        variables.push((name.to_owned(), path.to_owned()));
    }
    Ok(variables)
}

/// What the test programs printed, those that were started.
fn outputs(folder: &Path, programs: usize) -> Vec<String> {
    (0..programs)
        .filter_map(|number| fs::read(folder.join(guest::output_name(number))).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .inspect(|text| eprint!("{text}"))
        .collect()
}

/// What the test programs left out in the guest too.
fn still(folder: &Path) -> Vec<Left> {
    left::read(&fs::read_to_string(folder.join(guest::STILL_LEFT)).unwrap_or_default())
}

/// Copies what the machine said to the artifacts.
fn keep(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let kept = workspace.path("artifacts/vm");
    fs::create_dir_all(&kept)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().extension().is_some_and(|end| end == "txt") {
            fs::copy(entry.path(), kept.join(entry.file_name()))?;
        }
    }
    Ok(kept)
}
