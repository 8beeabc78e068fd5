//! The layer in front of every route: who may ask, from where, and what every answer says.
//!
//! In this order:
//! 1. the Host is one of this server's names: another name that leads here (DNS rebinding) is
//!    refused;
//! 2. an Origin, if there is one, is this server under the very name that was asked for; sockets and
//!    methods that change something need one, unless the secret itself comes along, which no
//!    browser sends by itself;
//! 3. a page of another site, which has the same cookies if it is on another port of this machine,
//!    is refused by what the browser says of it (`Sec-Fetch-Site`);
//! 4. a session or the secret, unless the route is public; or, for reading one path, a key to it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::Refusal;
use super::keys::Keys;
use super::secret::SecretHash;
use super::sessions::{NotSignedIn, Sessions};

/// How long an answer may take; starting a large lab takes longest. Sockets are answered at once
/// and then live as long as they like.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Nothing from elsewhere, nothing inline; WebAssembly may be compiled; nobody may frame it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// On every answer.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// How a request proved whose it is; in its extensions for the handlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// With the secret itself: a program.
    Secret,
    /// With the cookie of a session: a browser.
    Session(SecretHash),
    /// With a key to this one path: a program; and whose session it belongs to.
    Key(Option<SecretHash>),
    /// By the local socket: a process of the same user.
    Local,
}

impl Caller {
    /// The session with whose end all ends that goes on, if there is one.
    pub(super) fn session(self) -> Option<SecretHash> {
        match self {
            Self::Session(session) => Some(session),
            Self::Key(session) => session,
            Self::Secret | Self::Local => None,
        }
    }
}

/// What the layer knows.
#[derive(Clone, Debug)]
pub struct Guard {
    /// `127.0.0.1:7800` and the like.
    hosts: Arc<[String]>,
    cookie: Arc<str>,
    sessions: Sessions,
    keys: Keys,
    /// Whether a path can be had without signing in.
    is_public: fn(&Method, &str) -> bool,
}

/// The name of the cookie: browsers keep cookies by host and not by port, and two yards on one
/// machine must not overwrite each other's.
pub(crate) fn cookie_name(address: SocketAddr) -> String {
    format!("netyard-{}", address.port())
}

impl Guard {
    /// For a server that listens at this address.
    pub fn new(
        address: SocketAddr,
        sessions: Sessions,
        keys: Keys,
        is_public: fn(&Method, &str) -> bool,
    ) -> Self {
        let port = address.port();
        let mut hosts = vec![
            address.to_string(),
            format!("127.0.0.1:{port}"),
            format!("localhost:{port}"),
            format!("[::1]:{port}"),
        ];
        if port == 80 {
            // The port that browsers leave out.
            hosts.extend(["127.0.0.1", "localhost", "[::1]"].map(str::to_owned));
        }
        Self {
            hosts: hosts.into(),
            cookie: cookie_name(address).into(),
            sessions,
            keys,
            is_public,
        }
    }

    /// Everything that needs no waiting: returns the secret that came along, if one did.
    fn check(&self, request: &Request) -> Result<Option<String>, Refusal> {
        let headers = request.headers();
        let host = self.check_host(request)?;
        let secret = only(headers, &header::AUTHORIZATION)?
            .map(bearer)
            .transpose()?;
        check_origin(request, host, secret.is_some())?;
        if request.uri().path().starts_with("/api/") {
            check_fetch_site(headers)?;
        }
        Ok(secret.map(str::to_owned))
    }

    /// Whose the request is, or why it is refused; `reads` is the path, if it only reads.
    async fn admit(
        &self,
        secret: Option<String>,
        session: Option<SecretHash>,
        is_public: bool,
        reads: Option<&str>,
    ) -> Result<Option<Caller>, Refusal> {
        if let Some(secret) = secret {
            if let Some(session) = reads.and_then(|path| self.keys.opens(&secret, path)) {
                return Ok(Some(Caller::Key(session)));
            }
            self.sessions.check_secret(&secret).await?;
            return Ok(Some(Caller::Secret));
        }
        if session.is_none() && !is_public {
            let error = "not signed in: open the address that netyard printed at its start, or send \
                         the secret as Authorization: Bearer SECRET";
            return Err(Refusal::new(StatusCode::UNAUTHORIZED, error));
        }
        Ok(session.map(Caller::Session))
    }

    fn check_host<'a>(&self, request: &'a Request) -> Result<&'a str, Refusal> {
        let host = only(request.headers(), &header::HOST)?.unwrap_or_default();
        // A request line with a whole URL names a host too (RFC 9112, 3.2.2).
        let line = request
            .uri()
            .authority()
            .map_or(host, |authority| authority.as_str());
        if line == host && self.hosts.iter().any(|known| known == host) {
            return Ok(host);
        }
        let error =
            format!("this server is not called {line:?}: use the address that netyard printed");
        Err(Refusal::new(StatusCode::FORBIDDEN, error))
    }

    fn session(&self, headers: &HeaderMap) -> Option<SecretHash> {
        let cookies = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok());
        let mut cookies = cookies
            .flat_map(|line| line.split(';'))
            .filter_map(|cookie| cookie.split_once('='));
        cookies.find_map(|(name, value)| {
            (name.trim() == &*self.cookie)
                .then(|| self.sessions.find(value.trim()))
                .flatten()
        })
    }
}

impl From<NotSignedIn> for Refusal {
    fn from(error: NotSignedIn) -> Self {
        match error {
            NotSignedIn::Wrong => Self::new(StatusCode::UNAUTHORIZED, "the secret is wrong"),
            NotSignedIn::TooMany => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too many wrong secrets at once: try again later",
            ),
        }
    }
}

/// The secret of the header Authorization.
fn bearer(header: &str) -> Result<&str, Refusal> {
    let (scheme, secret) = header.split_once(' ').unwrap_or((header, ""));
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(secret.trim());
    }
    Err(Refusal::new(
        StatusCode::UNAUTHORIZED,
        "the header Authorization must be: Bearer SECRET",
    ))
}

/// The only value of a header; two are refused, for who knows which one counts elsewhere.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let bad =
        |what: &str| Refusal::new(StatusCode::BAD_REQUEST, format!("the header {name} {what}"));
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value
            .to_str()
            .map(Some)
            .map_err(|_| bad("is no ASCII text")),
        (Some(_), Some(_)) => Err(bad("is there twice")),
    }
}

/// The scheme, host and port of the page that asks must be those of this server, by the name that
/// was asked for.
fn check_origin(request: &Request, host: &str, has_secret: bool) -> Result<(), Refusal> {
    let refuse = |error: String| Err(Refusal::new(StatusCode::FORBIDDEN, error));
    match only(request.headers(), &header::ORIGIN)? {
        Some(origin) if origin.strip_prefix("http://") == Some(host) => Ok(()),
        Some(origin) => refuse(format!("a page of {origin:?} may not use this server")),
        None if has_secret || !needs_origin(request) => Ok(()),
        None => refuse(
            "the header Origin is missing: a browser sends it, a program sends the secret".into(),
        ),
    }
}

fn needs_origin(request: &Request) -> bool {
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    !safe || request.headers().contains_key(header::UPGRADE)
}

/// A page on another port of this host is of another origin, but of the same site: it gets the
/// cookie, and requests that need no Origin could be made from it.
fn check_fetch_site(headers: &HeaderMap) -> Result<(), Refusal> {
    match only(headers, &HeaderName::from_static("sec-fetch-site"))? {
        None | Some("same-origin" | "none") => Ok(()),
        Some(site) => {
            let error =
                format!("a page of another site may not use this server (Sec-Fetch-Site: {site})");
            Err(Refusal::new(StatusCode::FORBIDDEN, error))
        }
    }
}

/// The layer for TCP.
pub async fn layer(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let session = guard.session(request.headers());
    let is_public = (guard.is_public)(request.method(), request.uri().path());
    let reads = (request.method() == Method::GET).then(|| request.uri().path().to_owned());
    let admitted = match guard.check(&request) {
        Ok(secret) => {
            guard
                .admit(secret, session, is_public, reads.as_deref())
                .await
        }
        Err(refusal) => Err(refusal),
    };
    let answer = match admitted {
        Ok(caller) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            within_time(next.run(request)).await
        }
        Err(refusal) => refusal.into_response(),
    };
    with_headers(answer)
}

/// The layer for the local socket, whose listener has seen that the same user asks.
pub async fn local_layer(mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Caller::Local);
    with_headers(within_time(next.run(request)).await)
}

async fn within_time(answer: impl Future<Output = Response>) -> Response {
    tokio::time::timeout(TIMEOUT, answer)
        .await
        .unwrap_or_else(|_| {
            let error = format!(
                "the server did not manage it within {} s",
                TIMEOUT.as_secs()
            );
            Refusal::new(StatusCode::GATEWAY_TIMEOUT, error).into_response()
        })
}

fn with_headers(mut answer: Response) -> Response {
    for (name, value) in HEADERS {
        answer
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    // What is not a file of the front end is nobody's business but the one's who asked.
    answer
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    answer
}
