//! The front end's files, embedded by build.rs.

use axum::body::Body;
use axum::http::header::{self, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::error::Refusal;

/// A file of the front end.
struct EmbeddedFile {
    /// Its path on the server.
    path: &'static str,
    /// Its entity tag, of its content; weak, for it is the same whether compressed or not.
    tag: &'static str,
    bytes: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// What `cargo xtask build` laid out; empty if it did not.
const FILES: &[EmbeddedFile] = include!(concat!(env!("OUT_DIR"), "/front.rs"));

/// Shown in place of a front end that is not there.
const NOT_BUILT: &str = "<!doctype html>\n<html lang=\"en\">\n<title>Netyard</title>\n\
    <h1>Netyard runs, but without its front end</h1>\n\
    <p>This program was compiled without it. Build it whole with <code>cargo xtask build</code>, \
    or build and start it with <code>cargo xtask run</code>.</p>\n";

/// Whether anybody may have it: the front end holds no secret, and a browser needs it to sign in.
pub(super) fn is_public(method: &Method, path: &str) -> bool {
    (method == Method::GET || method == Method::HEAD) && (is_page(path) || find(path).is_some())
}

/// The paths at which the front end shows a page of its own.
fn is_page(path: &str) -> bool {
    let lab = path.strip_prefix("/labs/");
    path == "/"
        || lab.is_some_and(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn find(path: &str) -> Option<&'static EmbeddedFile> {
    FILES.iter().find(|file| file.path == path)
}

/// Whatever no other route has taken.
pub(super) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return Refusal::new(StatusCode::NOT_FOUND, "there is nothing here").into_response();
    }
    let path = uri.path();
    match find(if is_page(path) { "/index.html" } else { path }) {
        Some(file) => answer(file, &headers),
        None if is_page(path) => (
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            NOT_BUILT,
        )
            .into_response(),
        None => Refusal::new(StatusCode::NOT_FOUND, format!("there is no {path:?} here"))
            .into_response(),
    }
}

fn answer(file: &'static EmbeddedFile, headers: &HeaderMap) -> Response {
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
        .unwrap_or_default();
    let mut response = if known.split(',').any(|tag| tag.trim() == file.tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let (bytes, encoding) = choose(file, headers);
        let mut response = Body::from(bytes).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(content_type(file.path)),
        );
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    };
    // The names under assets/ are of the content: under such a name nothing else ever comes.
    let hashed = file.path.starts_with("/assets/");
    let cache = if hashed {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(header::ETAG, HeaderValue::from_static(file.tag));
    response
}

/// The smallest form that the browser takes.
fn choose(
    file: &'static EmbeddedFile,
    headers: &HeaderMap,
) -> (&'static [u8], Option<&'static str>) {
    match (file.brotli, file.gzip) {
        (Some(bytes), _) if takes(headers, "br") => (bytes, Some("br")),
        (_, Some(bytes)) if takes(headers, "gzip") => (bytes, Some("gzip")),
        _ => (file.bytes, None),
    }
}

/// Whether whoever asks takes that encoding.
pub(super) fn takes(headers: &HeaderMap, wanted: &str) -> bool {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accepted.split(',').any(|one| {
        let (name, quality) = one.split_once(';').unwrap_or((one, ""));
        let refused = matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        name.trim().eq_ignore_ascii_case(wanted) && !refused
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("json" | "webmanifest") => "application/json",
        Some("yaml" | "txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static FILE: EmbeddedFile = EmbeddedFile {
        path: "/assets/app-1.js",
        tag: "W/\"01\"",
        bytes: b"plain",
        brotli: Some(b"br"),
        gzip: Some(b"gz"),
    };

    fn asked(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn sends_what_the_browser_takes() {
        let chosen = |value| choose(&FILE, &asked(header::ACCEPT_ENCODING, value)).1;
        assert_eq!(chosen("gzip, deflate, br, zstd"), Some("br"));
        assert_eq!(chosen("gzip;q=0.5, br;q=0"), Some("gzip"));
        assert_eq!(chosen("deflate"), None);
        assert_eq!(choose(&FILE, &HeaderMap::new()).0, b"plain");
    }

    #[test]
    fn hashed_files_stay_and_known_ones_are_not_sent_again() {
        let response = answer(&FILE, &asked(header::IF_NONE_MATCH, "W/\"00\", W/\"01\""));
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        let cache = response
            .headers()
            .get(header::CACHE_CONTROL)
            .map(HeaderValue::as_bytes);
        assert_eq!(cache, Some(&b"public, max-age=31536000, immutable"[..]));
        assert_eq!(
            answer(&FILE, &asked(header::IF_NONE_MATCH, "W/\"02\"")).status(),
            StatusCode::OK
        );
    }

    #[test]
    fn two_kinds_of_pages_are_public_and_nothing_else() {
        for path in ["/", "/labs/0123456789abcdef"] {
            assert!(is_public(&Method::GET, path), "{path}");
            assert!(!is_public(&Method::POST, path), "{path}");
        }
        for path in [
            "/labs/",
            "/labs",
            "/labs/a/b",
            "/labs/..",
            "/labs/%2e",
            "//",
            "/api/v1/labs",
            "/x",
            "",
        ] {
            assert!(!is_public(&Method::GET, path), "{path}");
        }
    }
}
