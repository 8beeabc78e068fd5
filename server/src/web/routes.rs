//! Every route of the HTTP API, in one list: the routers, the description and the tests of the guard
//! are made of it.

use axum::extract::Request;
use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::middleware;
use axum::routing::{MethodRouter, delete, get, post};
use axum::{Extension, Router};

use super::error::Refusal;
use super::guard::{self, Guard};
use super::{
    AppState, CookieName, captures, exec_socket, expectations, export, features, files, firewalls,
    labs, openapi, probes, session, socket,
};

/// Who may use a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Anybody who reaches the server under its name.
    Public,
    /// Whoever has a session or the secret.
    SignedIn,
    /// Whoever comes by the local socket; by TCP there is no such route.
    Local,
}

/// A route: what it is called, who may use it, what it does.
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path, parameters in braces.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    /// What it does, for the description.
    pub summary: &'static str,
    /// Whether it is a WebSocket.
    pub is_socket: bool,
    handler: MethodRouter<AppState>,
}

impl Route {
    fn new<H, T>(method: Method, path: &'static str, summary: &'static str, handler: H) -> Self
    where
        H: Handler<T, AppState>,
        T: 'static,
    {
        let handler = match method {
            Method::POST => post(handler),
            Method::DELETE => delete(handler),
            _ => get(handler),
        };
        Self {
            method,
            path,
            access: Access::SignedIn,
            summary,
            is_socket: false,
            handler,
        }
    }

    fn access(self, access: Access) -> Self {
        Self { access, ..self }
    }

    fn socket(self) -> Self {
        Self {
            is_socket: true,
            ..self
        }
    }
}

/// Where somebody signs in.
const SESSION: &str = "/api/v1/session";

/// All routes, whoever may use them.
pub fn all() -> Vec<Route> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const DELETE: Method = Method::DELETE;
    vec![
        Route::new(
            POST,
            SESSION,
            "Sign in: a cookie for the secret",
            session::sign_in,
        )
        .access(Access::Public),
        Route::new(GET, SESSION, "Whether one is signed in", session::ask).access(Access::Public),
        Route::new(DELETE, SESSION, "Sign out", session::sign_out),
        Route::new(
            GET,
            "/api/v1/labs",
            "All labs, the one edited last first",
            labs::list,
        ),
        Route::new(POST, "/api/v1/labs", "Make a lab", labs::create),
        Route::new(
            GET,
            "/api/v1/labs/{id}",
            "A lab's line of the list",
            labs::summary,
        ),
        Route::new(
            DELETE,
            "/api/v1/labs/{id}",
            "Stop a lab and delete it",
            labs::delete,
        ),
        Route::new(
            GET,
            "/api/v1/labs/{id}/document.yaml",
            "Download a lab as YAML",
            labs::document,
        ),
        Route::new(
            POST,
            "/api/v1/labs/{id}/start",
            "Start a lab; answers when it is up",
            labs::start,
        ),
        Route::new(
            POST,
            "/api/v1/labs/{id}/stop",
            "Stop a lab; answers when nothing of it is left",
            labs::stop,
        ),
        Route::new(
            GET,
            "/api/v1/labs/{id}/captures/{file}",
            "Download a capture, or follow it live: NUMBER.pcapng",
            captures::download,
        ),
        Route::new(
            POST,
            "/api/v1/labs/{id}/captures/{file}",
            "Download chosen packets of a capture, with comments: NUMBER.pcapng",
            captures::chosen,
        ),
        Route::new(
            POST,
            "/api/v1/labs/{id}/captures/{file}/key",
            "A key to one capture as a file, to copy into a shell",
            captures::key,
        ),
        Route::new(
            GET,
            "/api/v1/labs/{id}/namespaces/{namespace}/firewall",
            "What the rules of a namespace of a running lab have counted",
            firewalls::counted,
        ),
        Route::new(
            POST,
            "/api/v1/labs/{id}/reachability",
            "Measure who reaches whom in a running lab",
            probes::reach,
        ),
        Route::new(
            POST,
            "/api/v1/labs/{id}/expectations/check",
            "Check what a running lab expects",
            expectations::check,
        ),
        Route::new(
            GET,
            "/api/v1/labs/{id}/export/{format}",
            "Download a lab in another form: yaml, ip, ip-undo, batch, containerlab, kathara (a zip), mermaid, dot or svg",
            export::get,
        ),
        Route::new(
            POST,
            "/api/v1/labs/{id}/namespaces/{namespace}/probes",
            "Find something out from a namespace of a running lab",
            probes::probe,
        ),
        Route::new(
            GET,
            "/api/v1/labs/{id}/socket",
            "A browser's socket (WebSocket)",
            socket::lab,
        )
        .socket(),
        Route::new(
            GET,
            "/api/v1/labs/{id}/exec",
            "Run a command in a lab (WebSocket)",
            exec_socket::exec,
        )
        .socket()
        .access(Access::Local),
        Route::new(
            GET,
            "/api/v1/examples",
            "The gallery of example labs",
            labs::examples,
        ),
        Route::new(
            GET,
            "/api/v1/features",
            "What kernels differ in, and whether this one has it",
            features::list,
        ),
        Route::new(
            GET,
            "/api/v1/openapi.json",
            "This description",
            openapi::describe,
        ),
    ]
}

/// What can be had without signing in: the front end, and the way to sign in. All else cannot,
/// whatever it is.
pub fn is_public(method: &Method, path: &str) -> bool {
    let session = path == SESSION && [Method::GET, Method::HEAD, Method::POST].contains(method);
    session || files::is_public(method, path)
}

/// The routes for TCP, behind their guard.
pub fn for_tcp(state: AppState, guard: Guard, cookie: CookieName) -> Router {
    // The guard is the outermost layer: also what matches no route passes it.
    router(state, |access| access != Access::Local)
        .layer(Extension(cookie))
        .layer(middleware::from_fn_with_state(guard, guard::layer))
}

/// The routes for the local socket.
pub fn for_local_socket(state: AppState, cookie: CookieName) -> Router {
    router(state, |_| true)
        .layer(Extension(cookie))
        .layer(middleware::from_fn(guard::local_layer))
}

fn router(state: AppState, wanted: impl Fn(Access) -> bool) -> Router {
    let routes = all().into_iter().filter(|route| wanted(route.access));
    routes
        .fold(Router::new(), |router, route| {
            router.route(route.path, route.handler)
        })
        .method_not_allowed_fallback(async |request: Request| {
            let error = format!(
                "{} is not possible on {}",
                request.method(),
                request.uri().path()
            );
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, error)
        })
        .fallback(files::serve)
        .with_state(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_public_is_what_the_list_says() {
        for route in all() {
            let path = route
                .path
                .replace("{id}", "0123456789abcdef")
                .replace("{file}", "1.pcapng")
                .replace("{namespace}", "red")
                .replace("{format}", "svg");
            assert_eq!(
                is_public(&route.method, &path),
                route.access == Access::Public,
                "{} {path}",
                route.method
            );
        }
    }
}
