//! The folder in which a yard keeps its data.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::web::secret::Secret;

/// Longest path of a Unix socket: `sun_path` is 108 bytes with its terminating zero (unix(7)).
const MAX_SOCKET_PATH: usize = 107;

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// No place is known.
    #[error("neither XDG_DATA_HOME nor HOME is set: say where to keep the labs with --data DIR")]
    NoHome,
    /// Something about a file or folder.
    #[error("cannot {action} {path}: {error}", path = path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Others could put there what they like.
    #[error(
        "{path} can be written by others (mode {mode:o}), who could change the labs and the secret: close it with `chmod go-w`, or choose another folder with --data DIR",
        path = path.display()
    )]
    OpenToOthers {
        /// The folder.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Another server has it.
    #[error(
        "another netyard ({holder}) serves the labs in {path}: use that one, stop it, or choose another folder with --data DIR",
        path = path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// What the other one wrote about itself.
        holder: String,
    },
    /// The file with the secret has something else in it.
    #[error("{path} holds no secret: remove it, and a new one is made", path = path.display())]
    BadSecret {
        /// The file.
        path: PathBuf,
    },
}

/// A data folder that this process alone uses.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    /// Locked as long as it is open.
    lock: File,
}

/// `$XDG_DATA_HOME/netyard`, or `~/.local/share/netyard` (XDG Base Directory Specification).
pub fn default_path() -> Result<PathBuf, DataDirError> {
    let absolute = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let base = absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")));
    base.map(|base| base.join("netyard"))
        .ok_or(DataDirError::NoHome)
}

/// Refuses a folder that others can write to; one of our own with nothing in it is closed to them.
fn close_to_others(path: &Path) -> Result<(), DataDirError> {
    let fail = |action| {
        let path = path.to_owned();
        move |error| DataDirError::Io {
            action,
            path,
            error,
        }
    };
    let folder = fs::metadata(path).map_err(fail("look at"))?;
    let mode = folder.permissions().mode() & 0o7777;
    if mode & 0o022 == 0 {
        return Ok(());
    }
    let is_ours = folder.uid() == nix::unistd::geteuid().as_raw();
    let is_empty = fs::read_dir(path).is_ok_and(|mut inside| inside.next().is_none());
    if is_ours && is_empty {
        let closed = fs::Permissions::from_mode(0o700);
        return fs::set_permissions(path, closed).map_err(fail("close to others"));
    }
    let path = path.to_owned();
    Err(DataDirError::OpenToOthers { path, mode })
}

impl DataDir {
    /// Makes the folder if it is not there, for its owner alone, and locks it.
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        let fail = |action, path: &Path| {
            let path = path.to_owned();
            move |error| DataDirError::Io {
                action,
                path,
                error,
            }
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(fail("make the folder", path))?;
        let path = path.canonicalize().map_err(fail("find", path))?;
        close_to_others(&path)?;
        let lock_path = path.join("lock");
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600);
        let mut lock = options.open(&lock_path).map_err(fail("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, lock }),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let told = lock.read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
                let holder = if told {
                    holder.trim().to_owned()
                } else {
                    "just starting".to_owned()
                };
                Err(DataDirError::InUse { path, holder })
            }
            Err(TryLockError::Error(error)) => Err(fail("lock", &lock_path)(error)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes into the lock who holds it, for the message that a second server gives.
    pub fn announce(&mut self, url: &str) -> Result<(), DataDirError> {
        let text = format!("process {}, at {url}\n", std::process::id());
        let written = self.lock.set_len(0).and_then(|()| {
            use std::io::Seek;
            self.lock.rewind()?;
            self.lock.write_all(text.as_bytes())
        });
        written.map_err(|error| DataDirError::Io {
            action: "write",
            path: self.path.join("lock"),
            error,
        })
    }

    /// The yard's secret; made at the first start.
    pub fn secret(&self) -> Result<Secret, DataDirError> {
        let path = self.path.join("secret");
        match fs::read_to_string(&path) {
            Ok(text) => Secret::parse(text.trim()).ok_or(DataDirError::BadSecret { path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.make_secret(&path),
            Err(error) => Err(DataDirError::Io {
                action: "read",
                path,
                error,
            }),
        }
    }

    fn make_secret(&self, path: &Path) -> Result<Secret, DataDirError> {
        let secret = Secret::random();
        // Written aside and then renamed: a crash never leaves half a secret.
        let fresh = self.path.join("secret.new");
        let write = || {
            let mut options = OpenOptions::new();
            let mut file = options
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&fresh)?;
            file.write_all(format!("{}\n", secret.reveal()).as_bytes())?;
            file.sync_all()?;
            fs::rename(&fresh, path)
        };
        write().map_err(|error| DataDirError::Io {
            action: "write",
            path: path.to_owned(),
            error,
        })?;
        Ok(secret)
    }
}

/// The local socket of the yard whose data are in `folder`, as an address for bind and connect.
///
/// Keep it until the call is done: a path that is too long for a socket goes through a descriptor
/// of the folder, which it holds.
#[derive(Debug)]
pub struct LocalSocket {
    address: PathBuf,
    _folder: Option<File>,
}

impl LocalSocket {
    /// `FOLDER/netyard.sock`.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let direct = folder.join("netyard.sock");
        if direct.as_os_str().as_bytes().len() <= MAX_SOCKET_PATH {
            return Ok(Self {
                address: direct,
                _folder: None,
            });
        }
        let folder = File::open(folder)?;
        let address = PathBuf::from(format!("/proc/self/fd/{}/netyard.sock", folder.as_raw_fd()));
        Ok(Self {
            address,
            _folder: Some(folder),
        })
    }

    /// What to bind or to connect to.
    pub fn address(&self) -> &Path {
        &self.address
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::net::{UnixListener, UnixStream};

    use super::*;

    #[test]
    fn is_for_its_owner_and_for_one_server() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("a/b");
        let mut first = DataDir::open(&path).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        first.announce("http://127.0.0.1:7800").unwrap();
        let refused = DataDir::open(&path).unwrap_err().to_string();
        assert!(refused.contains("at http://127.0.0.1:7800"), "{refused}");
        assert!(
            refused.contains(&std::process::id().to_string()),
            "{refused}"
        );
        drop(first);
        DataDir::open(&path).unwrap();
    }

    #[test]
    fn what_others_can_write_to_is_refused_or_closed() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("data");
        let open = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        fs::create_dir(&path).unwrap();
        for mode in [0o777, 0o770, 0o702] {
            open(mode);
            drop(DataDir::open(&path).unwrap());
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
            fs::remove_file(path.join("lock")).unwrap();
        }
        fs::write(path.join("something"), "").unwrap();
        for mode in [0o777, 0o1777, 0o770] {
            open(mode);
            let refused = DataDir::open(&path).unwrap_err().to_string();
            assert!(refused.contains(&format!("mode {mode:o}")), "{refused}");
            assert!(!path.join("lock").exists(), "nothing was done there");
        }
        open(0o755);
        DataDir::open(&path).unwrap();
    }

    #[test]
    fn the_secret_stays_the_same() {
        let base = tempfile::tempdir().unwrap();
        let data = DataDir::open(base.path()).unwrap();
        let first = data.secret().unwrap();
        assert_eq!(data.secret().unwrap().reveal(), first.reveal());
        assert_eq!(first.reveal().len(), 64);
        let file = base.path().join("secret");
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::write(&file, "guess").unwrap();
        assert!(matches!(data.secret(), Err(DataDirError::BadSecret { .. })));
    }

    #[test]
    fn a_long_path_still_has_a_local_socket() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("x".repeat(120));
        fs::create_dir(&folder).unwrap();
        let listener = UnixListener::bind(LocalSocket::of(&folder).unwrap().address()).unwrap();
        UnixStream::connect(LocalSocket::of(&folder).unwrap().address()).unwrap();
        listener.accept().unwrap();
        assert!(folder.join("netyard.sock").exists());
    }
}
