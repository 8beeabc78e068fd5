//! `netyard serve`: the yard as a process.

mod browser;

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use topology::feature::{self, Missing};

use crate::cli::{ServeArguments, WRONG_USE, complain};
use crate::data_dir::{self, DataDir, DataDirError, LocalSocket};
use crate::labs::machine::Machine;
use crate::labs::store::{Store, StoreError};
use crate::labs::yard::Yard;
use crate::web::guard::{Guard, cookie_name};
use crate::web::keys::Keys;
use crate::web::sessions::Sessions;
use crate::web::sockets::Sockets;
use crate::web::{AppState, CookieName, listen, routes};

/// What a server is made of.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 is any free one.
    pub listen: SocketAddr,
    /// Where the labs are kept.
    pub data: PathBuf,
    /// What is run as agent: this program.
    pub agent_program: PathBuf,
    /// What this machine's kernel lacks.
    pub missing: Vec<Missing>,
    /// Whether labs may have an uplink to what this machine reaches.
    pub allow_uplink: bool,
}

impl Config {
    /// A server whose agents are this very program.
    pub fn new(listen: SocketAddr, data: PathBuf) -> Self {
        Self {
            listen,
            data,
            agent_program: PathBuf::from("/proc/self/exe"),
            missing: Vec::new(),
            allow_uplink: false,
        }
    }
}

/// A running server. It goes on until [`Server::shutdown`].
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub addr: SocketAddr,
    /// `http://127.0.0.1:7800/`, without the secret.
    pub url: String,
    /// The secret, for `Authorization: Bearer SECRET` and for signing in.
    pub secret: String,
    store: Store,
    yard: Yard,
    sockets: Sockets,
    ending: watch::Sender<bool>,
    listeners: [JoinHandle<()>; 2],
    /// Locked as long as the server runs.
    data: DataDir,
}

/// Why a server cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Others could reach it.
    #[error(
        "cannot listen on {0}: others could reach it there, and this version has neither TLS nor accounts; \
         listen on 127.0.0.1 or ::1, and reach it from elsewhere through ssh -L"
    )]
    NotLoopback(SocketAddr),
    /// The address cannot be had.
    #[error("cannot listen on {address}: {error}; choose another with --listen ADDR")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the kernel said.
        error: io::Error,
    },
    /// The local socket cannot be made.
    #[error("cannot make the local socket in {folder}: {error}", folder = folder.display())]
    LocalSocket {
        /// The data folder.
        folder: PathBuf,
        /// What the kernel said.
        error: io::Error,
    },
    /// The data folder cannot be used.
    #[error(transparent)]
    Data(#[from] DataDirError),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Starts a server on the current runtime.
pub async fn start(config: Config) -> Result<Server, StartError> {
    if !config.listen.ip().is_loopback() {
        return Err(StartError::NotLoopback(config.listen));
    }
    let mut data = DataDir::open(&config.data)?;
    let secret = data.secret()?;
    let store = Store::open(data.path())?;
    let sessions = Sessions::load(secret.clone(), store.clone()).await?;
    let fail = |error| StartError::Listen {
        address: config.listen,
        error,
    };
    let tcp = TcpListener::bind(config.listen).await.map_err(fail)?;
    let addr = tcp.local_addr().map_err(fail)?;
    let local = listen_locally(data.path()).map_err(|error| StartError::LocalSocket {
        folder: data.path().to_owned(),
        error,
    })?;
    let url = format!("http://{addr}/");
    data.announce(&url)?;

    let sockets = Sockets::default();
    let mut missing = config.missing;
    if !config.allow_uplink {
        feature::forbid_uplink(&mut missing);
    }
    let machine = Machine {
        program: Arc::from(config.agent_program),
        missing: Arc::from(missing),
        allow_uplink: config.allow_uplink,
    };
    let yard = Yard::new(store.clone(), machine);
    let keys = Keys::new(sessions.clone());
    let state = AppState {
        yard: yard.clone(),
        sessions: sessions.clone(),
        keys: keys.clone(),
        sockets: sockets.clone(),
    };
    let cookie = CookieName(cookie_name(addr).into());
    let guard = Guard::new(addr, sessions, keys, routes::is_public);
    let (ending, ended) = watch::channel(false);
    let by_tcp = routes::for_tcp(state.clone(), guard, cookie.clone());
    let by_socket = routes::for_local_socket(state, cookie);
    let listeners = [
        tokio::spawn(listen::serve(tcp, by_tcp, ended.clone())),
        tokio::spawn(listen::serve(local, by_socket, ended)),
    ];
    Ok(Server {
        addr,
        url,
        secret: secret.reveal(),
        store,
        yard,
        sockets,
        ending,
        listeners,
        data,
    })
}

/// The socket of a server that was killed is still there: the lock says that nobody uses it.
fn listen_locally(folder: &Path) -> io::Result<UnixListener> {
    let socket = LocalSocket::of(folder)?;
    match std::fs::remove_file(socket.address()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(socket.address())?;
    // The folder is closed to others already; this is for one that was opened by hand.
    std::fs::set_permissions(socket.address(), std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

impl Server {
    /// The URL that signs a browser in: the fragment stays in the browser.
    pub fn sign_in_url(&self) -> String {
        format!("{}#secret={}", self.url, self.secret)
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Takes no more requests, stops every lab, and returns when no process of theirs is left.
    pub async fn shutdown(self) {
        // Nobody is listening if both have failed: then there is nothing to end.
        let _ = self.ending.send(true);
        self.yard.shutdown().await;
        self.sockets.closed().await;
        for listener in self.listeners {
            if let Err(error) = listener.await {
                tracing::error!(%error, "a listener has failed");
            }
        }
        // Nobody writes any more: what is on disk is one file again.
        self.store.close().await;
        if let Ok(socket) = LocalSocket::of(self.data.path()) {
            // If it stays, the next server removes it.
            let _ = std::fs::remove_file(socket.address());
        }
    }
}

/// Runs `netyard serve` to its end.
pub fn main(arguments: &ServeArguments) -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("NETYARD_LOG");
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    // In a child, while this process has one thread.
    let missing = kernel::doctor::missing_features().unwrap_or_else(|error| {
        tracing::warn!(%error, "what this kernel lacks is not known: labs find out");
        Vec::new()
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments, missing)),
        Err(error) => Err(Failure::from(format!("cannot start: {error}"))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, error }) => {
            complain(&error);
            code
        }
    }
}

/// Why the server has failed, and its exit code.
struct Failure {
    code: ExitCode,
    error: String,
}

impl From<String> for Failure {
    fn from(error: String) -> Self {
        let code = ExitCode::FAILURE;
        Self { code, error }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let code = match error {
            StartError::NotLoopback(_) => ExitCode::from(WRONG_USE),
            _ => ExitCode::FAILURE,
        };
        let error = error.to_string();
        Self { code, error }
    }
}

async fn run(arguments: &ServeArguments, missing: Vec<Missing>) -> Result<(), Failure> {
    let listen = |kind| signal(kind).map_err(|error| format!("cannot listen for signals: {error}"));
    let (mut interrupt, mut terminate) = (
        listen(SignalKind::interrupt())?,
        listen(SignalKind::terminate())?,
    );
    let mut hangup = listen(SignalKind::hangup())?;
    let data = match &arguments.data {
        Some(data) => data.clone(),
        None => data_dir::default_path().map_err(|error| error.to_string())?,
    };
    let mut config = Config::new(arguments.listen, data);
    config.missing = missing;
    config.allow_uplink = arguments.allow_uplink;
    let server = start(config).await?;
    // A reader that has gone is no reason to end.
    let _ = writeln!(io::stdout(), "Netyard: {}", server.sign_in_url());
    let _ = io::stdout().flush();
    if !arguments.no_browser {
        browser::open(&server);
    }
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    tokio::select! {
        () = server.shutdown() => Ok(()),
        // Who asks twice does not want to wait; the agents end with this process.
        _ = interrupt.recv() => Err("ended before all labs were stopped".to_owned().into()),
    }
}
