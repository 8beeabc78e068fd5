//! Tests of the program run as an ordinary user, also when root runs `cargo xtask test`.
//!
//! Root's tests run through cargo's runner: cargo or nextest starts this program instead of each
//! test, and it becomes the test user, in a copy of the checkout that this user can read, with a
//! clean environment.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;
use tempfile::TempDir;

use crate::leftovers;
use crate::prerequisites::{BROWSERS, DRIVERS};
use crate::process;
use crate::system::{find_any_program, find_program};
use crate::workspace::Workspace;

/// The user that is made for the tests when root runs them.
const USER: &str = "netyard-test";

/// The variable that names the checkout in which cargo built a test to the runner.
const SOURCE: &str = "XTASK_SOURCE";

/// Folders of the checkout that the tests do not need, or that get their own.
const NOT_COPIED: [&str; 5] = [".git", "target", "artifacts", "node_modules", ".ci"];

/// Where an ordinary user finds everything.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Where and as whom the tests of the program run.
pub(crate) struct Stage {
    /// What the tests see as the checkout: NETYARD_ROOT.
    root: PathBuf,
    program: PathBuf,
    artifacts: PathBuf,
    /// The copy and its owner, when root runs the tests.
    copy: Option<(TempDir, User)>,
}

/// A user by numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct User {
    uid: u32,
    gid: u32,
}

/// What cargo's runner is told.
#[derive(Args)]
pub(crate) struct RunnerArgs {
    uid: u32,
    gid: u32,
    /// The copy that the test is to see
    root: PathBuf,
    /// The test program and its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    command: Vec<OsString>,
}

impl Stage {
    /// For an ordinary user: the checkout itself.
    pub(crate) fn in_checkout(workspace: &Workspace, program: &Path) -> Result<Self> {
        let artifacts = workspace.path("artifacts");
        fs::create_dir_all(&artifacts)?;
        Ok(Self {
            root: workspace.root().to_path_buf(),
            program: program.to_path_buf(),
            artifacts,
            copy: None,
        })
    }

    /// For root: a copy in the temporary folder that the test user can read.
    pub(crate) fn for_test_user(workspace: &Workspace, program: &Path) -> Result<Self> {
        let user = User::of_tests()?;
        let folder = tempfile::Builder::new()
            .prefix("netyard-test-")
            .tempdir()
            .context("cannot make a temporary folder")?;
        let root = folder.path().to_path_buf();
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755))?;
        copy_checkout(workspace.root(), &root)?;
        let staged = root.join(program.strip_prefix(workspace.root())?);
        copy_program(program, &staged)?;
        copy_program(&std::env::current_exe()?, &root.join("runner"))?;
        for (name, mode) in [("home", 0o700), ("runtime", 0o700), ("artifacts", 0o755)] {
            let own = root.join(name);
            fs::create_dir_all(&own)?;
            fs::set_permissions(&own, fs::Permissions::from_mode(mode))?;
            chown(&own, Some(user.uid), Some(user.gid))
                .with_context(|| format!("cannot give {} to {USER}", own.display()))?;
        }
        eprintln!(
            "The tests of the program run as the user {USER}, in {}",
            root.display()
        );
        Ok(Self {
            artifacts: root.join("artifacts"),
            program: staged,
            root,
            copy: Some((folder, user)),
        })
    }

    /// Tells a `cargo test` or `cargo nextest run` where everything is and who runs it.
    pub(crate) fn configure(&self, workspace: &Workspace, host: &str, cargo: &mut Command) {
        cargo
            .envs(self.variables())
            .env("NETYARD_ARTIFACTS", &self.artifacts);
        for (name, programs) in [
            ("NETYARD_BROWSER", BROWSERS),
            ("NETYARD_CHROMEDRIVER", DRIVERS),
        ] {
            if let Some(program) = find_any_program(programs) {
                cargo.env(name, program);
            }
        }
        if let Some((_, user)) = &self.copy {
            // Cargo splits this at spaces, and the temporary folder has none, unlike a checkout.
            let runner = format!(
                "{} as-test-user {} {} {}",
                self.root.join("runner").display(),
                user.uid,
                user.gid,
                self.root.display(),
            );
            cargo.env(SOURCE, workspace.root());
            let triple = host.replace('-', "_").to_uppercase();
            cargo.env(format!("CARGO_TARGET_{triple}_RUNNER"), runner);
        }
    }

    /// What the tests see as the checkout.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// What tells the tests where the checkout and the program are.
    pub(crate) fn variables(&self) -> [(&'static str, &Path); 2] {
        [("NETYARD_ROOT", &self.root), ("NETYARD_BIN", &self.program)]
    }

    /// The ids of the user that was made for the tests.
    pub(crate) fn user(&self) -> Option<(u32, u32)> {
        self.copy.as_ref().map(|(_, user)| (user.uid, user.gid))
    }

    /// Brings the artifacts home and names the processes that the tests left behind.
    pub(crate) fn finish(self, workspace: &Workspace) -> Result<Vec<String>> {
        let Some((folder, _)) = self.copy else {
            return Ok(Vec::new());
        };
        let left = leftovers::processes_of(folder.path())?;
        let home = workspace.path("artifacts");
        copy_below(&self.artifacts, &home, &[])?;
        folder
            .close()
            .context("cannot remove the copy of the checkout")?;
        Ok(left)
    }
}

/// Becomes the test user and the test program; returns only to say why not.
pub(crate) fn exec_as_test_user(args: &RunnerArgs) -> Result<()> {
    let Some((program, arguments)) = args.command.split_first() else {
        bail!("no test program named");
    };
    let staged = stage_test(Path::new(program), &args.root)?;
    // nextest and cargo start a test in its package's folder: the same folder of the copy.
    let here = std::env::current_dir()?;
    let folder = here
        .strip_prefix(std::env::var_os(SOURCE).context("started by hand: it is cargo's runner")?)
        .map(|inside| args.root.join(inside))
        .ok()
        .filter(|folder| folder.is_dir())
        .unwrap_or_else(|| args.root.clone());
    let mut command = Command::new(&staged);
    command
        .args(arguments)
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_for_tests)))
        .env("PATH", PATH)
        .env("LANG", "C.UTF-8")
        .env("USER", USER)
        .env("HOME", args.root.join("home"))
        .env("XDG_RUNTIME_DIR", args.root.join("runtime"))
        .env("CARGO_MANIFEST_DIR", &folder)
        .env("INSTA_WORKSPACE_ROOT", &args.root)
        .current_dir(&folder)
        .gid(args.gid)
        .uid(args.uid);
    let error = command.exec();
    bail!("cannot start {} as {USER}: {error}", staged.display());
}

impl User {
    /// The user of the tests; made if it is not there.
    fn of_tests() -> Result<Self> {
        if let Ok(user) = Self::look_up() {
            return Ok(user);
        }
        let Some(useradd) = find_program("useradd") else {
            bail!("there is no useradd: run the tests as an ordinary user");
        };
        eprintln!("Making the user {USER}: the tests of the program must not run as root");
        process::output(Command::new(useradd).args([
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/bin/sh",
            USER,
        ]))?;
        Self::look_up()
    }

    fn look_up() -> Result<Self> {
        let number = |option: &str| -> Result<u32> {
            let text = process::output(Command::new("id").args([option, USER]))?;
            text.trim()
                .parse()
                .with_context(|| format!("id says {text:?} for {USER}"))
        };
        let user = Self {
            uid: number("-u")?,
            gid: number("-g")?,
        };
        if user.uid == 0 {
            bail!("the user {USER} is root");
        }
        Ok(user)
    }
}

/// What a test may see of the environment; all else is root's own.
fn is_for_tests(name: &str) -> bool {
    name.starts_with("NETYARD_")
        || name.starts_with("NEXTEST")
        || name.starts_with("INSTA_")
        || name.starts_with("PROPTEST_")
        || matches!(
            name,
            "CI" | "RUST_BACKTRACE" | "RUST_LOG" | "CARGO_PKG_NAME" | "TERM"
        )
}

/// The test program in the copy: the checkout may lie where the test user cannot read.
fn stage_test(program: &Path, root: &Path) -> Result<PathBuf> {
    let name = program
        .file_name()
        .context("the test program has no name")?;
    let staged = root.join("tests-bin").join(name);
    if !staged.exists() {
        copy_program(program, &staged)?;
    }
    Ok(staged)
}

/// Copies aside and renames: several runners may do it at once, and none may see half a program.
fn copy_program(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().context("no folder to copy to")?;
    fs::create_dir_all(folder)?;
    let aside = folder.join(format!(
        ".{}-{}",
        std::process::id(),
        to.file_name().unwrap_or_default().display()
    ));
    fs::copy(from, &aside)
        .with_context(|| format!("cannot copy {} to {}", from.display(), aside.display()))?;
    fs::set_permissions(&aside, fs::Permissions::from_mode(0o755))?;
    fs::rename(&aside, to).with_context(|| format!("cannot make {}", to.display()))
}

fn copy_checkout(from: &Path, to: &Path) -> Result<()> {
    copy_below(from, to, &NOT_COPIED)
}

/// Copies files and folders, readable for everybody, without those of these names.
fn copy_below(from: &Path, to: &Path, without: &[&str]) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        if without.iter().any(|skipped| name == *skipped) {
            continue;
        }
        let (source, target) = (entry.path(), to.join(&name));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_below(&source, &target, without)?;
        } else if kind.is_file() {
            match fs::copy(&source, &target) {
                Ok(_) => {}
                // An editor's temporary file that went away meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => bail!("cannot copy {}: {error}", source.display()),
            }
            let mode = if fs::metadata(&source)?.permissions().mode() & 0o100 != 0 {
                0o755
            } else {
                0o644
            };
            fs::set_permissions(&target, fs::Permissions::from_mode(mode))?;
        }
    }
    fs::set_permissions(to, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn secrets_of_root_are_not_handed_on() {
        for name in [
            "NETYARD_BIN",
            "NEXTEST_TEST_NAME",
            "NEXTEST",
            "RUST_BACKTRACE",
        ] {
            assert!(is_for_tests(name), "{name}");
        }
        for name in [
            "HOME",
            "PATH",
            "SSH_AUTH_SOCK",
            "CARGO_REGISTRY_TOKEN",
            "XDG_RUNTIME_DIR",
        ] {
            assert!(!is_for_tests(name), "{name}");
        }
    }

    #[test]
    fn the_copy_can_be_read_by_all_and_lacks_what_is_not_needed() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("tests/fixtures")).unwrap();
        fs::create_dir_all(from.join("target")).unwrap();
        fs::write(from.join("tests/fixtures/a.yaml"), "version: 1").unwrap();
        fs::set_permissions(from.join("tests"), fs::Permissions::from_mode(0o700)).unwrap();
        copy_checkout(&from, &to).unwrap();
        let mode = |path: &str| fs::metadata(to.join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("tests"), 0o755);
        assert_eq!(mode("tests/fixtures/a.yaml"), 0o644);
        assert!(!to.join("target").exists());
    }

    #[test]
    fn a_test_program_is_copied_once_and_executable() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("kernel-0123");
        fs::write(&program, "#!/bin/sh\n").unwrap();
        let staged = stage_test(&program, folder.path()).unwrap();
        assert_eq!(
            fs::metadata(&staged).unwrap().permissions().mode() & 0o777,
            0o755
        );
        fs::write(&program, "changed").unwrap();
        assert_eq!(stage_test(&program, folder.path()).unwrap(), staged);
        assert_eq!(fs::read_to_string(&staged).unwrap(), "#!/bin/sh\n");
    }
}
