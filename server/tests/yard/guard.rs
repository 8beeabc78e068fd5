//! The layer in front of every route, with every route of the list.

use crate::support::{Answer, Yard, request};
use server::web::routes::{self, Access, Route};

/// Says what the routes do not: which header values one request has.
struct Case<'a> {
    yard: &'a Yard,
    route: &'a Route,
    path: String,
    host: String,
    headers: Vec<(&'static str, String)>,
}

impl<'a> Case<'a> {
    /// A request as a program sends it, without any right.
    fn new(yard: &'a Yard, route: &'a Route) -> Self {
        let path = route
            .path
            .replace("{id}", "0123456789abcdef")
            .replace("{file}", "1.pcapng")
            .replace("{namespace}", "red")
            .replace("{format}", "svg");
        let mut headers = Vec::new();
        if route.is_socket {
            for (name, value) in [
                ("Connection", "Upgrade"),
                ("Upgrade", "websocket"),
                ("Sec-WebSocket-Version", "13"),
                ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ] {
                headers.push((name, value.to_owned()));
            }
        }
        Self {
            yard,
            route,
            path,
            host: yard.host(),
            headers,
        }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn host(mut self, host: &str) -> Self {
        self.host = host.to_owned();
        self
    }

    fn secret(self) -> Self {
        let secret = format!("Bearer {}", self.yard.server.secret);
        self.with("Authorization", secret)
    }

    fn own_origin(self) -> Self {
        let origin = format!("http://{}", self.yard.host());
        self.with("Origin", origin)
    }

    async fn send(self) -> Answer {
        let headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let answer = request(
            self.yard.server.addr,
            self.route.method.as_str(),
            &self.path,
            &self.host,
            &headers,
            b"",
        )
        .await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(
                answer.header(name),
                Some(value),
                "{} {}",
                self.route.method,
                self.path
            );
        }
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
        answer
    }
}

/// Whether the guard let it through; what the route then says is its own affair.
fn passed(answer: &Answer) -> bool {
    ![401, 403].contains(&answer.status)
}

async fn cookie(yard: &Yard) -> String {
    let body = serde_json::json!({ "secret": yard.server.secret }).to_string();
    let origin = format!("http://{}", yard.host());
    let headers = [
        ("Origin", origin.as_str()),
        ("Content-Type", "application/json"),
    ];
    let answer = request(
        yard.server.addr,
        "POST",
        "/api/v1/session",
        &yard.host(),
        &headers,
        body.as_bytes(),
    )
    .await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    let cookie = answer.header("set-cookie").unwrap();
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.split("; ").any(|part| part == attribute), "{cookie}");
    }
    assert!(!cookie.contains(&yard.server.secret));
    cookie.split(';').next().unwrap().to_owned()
}

fn by_tcp() -> Vec<Route> {
    routes::all()
        .into_iter()
        .filter(|route| route.access != Access::Local)
        .collect()
}

#[tokio::test]
async fn nothing_but_the_public_routes_answers_a_stranger() {
    let yard = Yard::new().await;
    let mut public = 0;
    for route in by_tcp() {
        let wrong_cookie = format!("netyard-{}={}", yard.server.addr.port(), "0".repeat(64));
        for case in [
            Case::new(&yard, &route).own_origin(),
            Case::new(&yard, &route)
                .own_origin()
                .with("Cookie", wrong_cookie),
        ] {
            let answer = case.send().await;
            if route.access == Access::Public && route.method != "GET" {
                public += 1;
                assert_eq!(answer.status, 415, "{} {}", route.method, route.path);
            } else {
                // Asking whether one is signed in is public, and the answer is no.
                assert_eq!(
                    answer.status, 401,
                    "{} {}: {}",
                    route.method, route.path, answer.body
                );
            }
        }
    }
    assert_eq!(
        public, 2,
        "one route that is not read-only is public: signing in"
    );
}

#[tokio::test]
async fn a_wrong_secret_is_refused_on_every_route_also_with_a_good_cookie() {
    let yard = Yard::new().await;
    let cookie = cookie(&yard).await;
    for route in by_tcp() {
        let wrong = format!("Bearer {}", "0".repeat(64));
        let case = Case::new(&yard, &route)
            .own_origin()
            .with("Authorization", wrong)
            .with("Cookie", cookie.clone());
        assert_eq!(
            case.send().await.status,
            401,
            "{} {}",
            route.method,
            route.path
        );
        let case = Case::new(&yard, &route)
            .own_origin()
            .with("Authorization", "Basic Zm9vOmJhcg==");
        assert_eq!(
            case.send().await.status,
            401,
            "{} {}",
            route.method,
            route.path
        );
    }
}

#[tokio::test]
async fn the_secret_and_a_cookie_open_every_route() {
    let yard = Yard::new().await;
    let mut cookie = cookie(&yard).await;
    for route in by_tcp() {
        let with_secret = Case::new(&yard, &route).secret().send().await;
        assert!(
            passed(&with_secret),
            "{} {}: {}",
            route.method,
            route.path,
            with_secret.body
        );
        let with_cookie = Case::new(&yard, &route)
            .own_origin()
            .with("Cookie", cookie.clone())
            .send()
            .await;
        assert!(
            passed(&with_cookie),
            "{} {}: {}",
            route.method,
            route.path,
            with_cookie.body
        );
        if route.path == "/api/v1/session" && route.method == "DELETE" {
            let again = Case::new(&yard, &route)
                .own_origin()
                .with("Cookie", cookie)
                .send()
                .await;
            assert_eq!(again.status, 401, "signed out, and the cookie still works");
            cookie = self::cookie(&yard).await;
        }
    }
}

#[tokio::test]
async fn a_foreign_host_is_refused_on_every_route_whoever_asks() {
    let yard = Yard::new().await;
    let port = yard.server.addr.port();
    let foreign = [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("localhost.evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        "127.0.0.1".to_owned(),
        "127.0.0.1:1".to_owned(),
        format!("127.0.0.2:{port}"),
        format!("LOCALHOST:{port}"),
        format!("user@127.0.0.1:{port}"),
        String::new(),
    ];
    for route in by_tcp() {
        for host in &foreign {
            let answer = Case::new(&yard, &route).host(host).secret().send().await;
            assert_eq!(
                answer.status, 403,
                "{host:?} {} {}",
                route.method, route.path
            );
        }
        // Two of them, and one in the request line.
        let two = Case::new(&yard, &route)
            .with("Host", "evil.example")
            .secret()
            .send()
            .await;
        assert_eq!(two.status, 400, "{} {}", route.method, route.path);
        let mut line = Case::new(&yard, &route).secret();
        line.path = format!("http://evil.example:{port}{}", line.path);
        assert_eq!(
            line.send().await.status,
            403,
            "{} {}",
            route.method,
            route.path
        );
    }
    for own in [
        format!("localhost:{port}"),
        format!("[::1]:{port}"),
        format!("127.0.0.1:{port}"),
    ] {
        let answer = request(yard.server.addr, "GET", "/", &own, &[], b"").await;
        assert_eq!(answer.status, 200, "{own}");
    }
}

#[tokio::test]
async fn a_foreign_origin_is_refused_on_every_route_whoever_asks() {
    let yard = Yard::new().await;
    let port = yard.server.addr.port();
    let foreign = [
        "http://evil.example".to_owned(),
        format!("http://evil.example:{port}"),
        format!("https://127.0.0.1:{port}"),
        "http://127.0.0.1".to_owned(),
        "http://127.0.0.1:1".to_owned(),
        // Ours, but not the one that was asked for.
        format!("http://localhost:{port}"),
        format!("http://127.0.0.1:{port}/"),
        "null".to_owned(),
        String::new(),
    ];
    for route in by_tcp() {
        for origin in &foreign {
            let answer = Case::new(&yard, &route)
                .secret()
                .with("Origin", origin.clone())
                .send()
                .await;
            assert_eq!(
                answer.status, 403,
                "{origin:?} {} {}",
                route.method, route.path
            );
        }
        let two = Case::new(&yard, &route)
            .secret()
            .own_origin()
            .own_origin()
            .send()
            .await;
        assert_eq!(two.status, 400, "{} {}", route.method, route.path);
    }
}

#[tokio::test]
async fn a_cookie_needs_an_origin_wherever_something_could_be_done_with_it() {
    let yard = Yard::new().await;
    let cookie = cookie(&yard).await;
    for route in by_tcp() {
        let answer = Case::new(&yard, &route)
            .with("Cookie", cookie.clone())
            .send()
            .await;
        let needs = route.is_socket || route.method != "GET";
        assert_eq!(
            answer.status == 403,
            needs,
            "{} {}: {}",
            route.method,
            route.path,
            answer.body
        );
    }
}

#[tokio::test]
async fn a_page_on_another_port_of_this_host_is_refused_with_its_cookies() {
    let yard = Yard::new().await;
    let cookie = cookie(&yard).await;
    for route in by_tcp() {
        for site in ["same-site", "cross-site"] {
            let case = Case::new(&yard, &route)
                .own_origin()
                .with("Cookie", cookie.clone());
            let answer = case.with("Sec-Fetch-Site", site).send().await;
            assert_eq!(answer.status, 403, "{site} {} {}", route.method, route.path);
        }
    }
}

#[tokio::test]
async fn what_is_in_no_list_is_refused_and_not_found() {
    let yard = Yard::new().await;
    let origin = format!("http://{}", yard.host());
    for path in [
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v2/labs",
        "/healthz",
        "/labs",
        "/labs/a/b",
        "/index.html/x",
        "//",
        "//api/v1/labs",
        "/%61pi/v1/labs",
        "/api/v1/labs/",
        "/api/v1/labs/../labs",
        "/../../etc/passwd",
        "/.git/config",
        "/api/v1/labs/0123456789abcdef/exec",
    ] {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
            let headers = [("Origin", origin.as_str())];
            let stranger =
                request(yard.server.addr, method, path, &yard.host(), &headers, b"").await;
            assert_eq!(stranger.status, 401, "{method} {path}");
            let known = yard.ask(method, path, "").await;
            assert!(
                [404, 405].contains(&known.status),
                "{method} {path}: {} {}",
                known.status,
                known.body
            );
        }
    }
}

#[tokio::test]
async fn the_front_end_is_public_at_its_two_pages() {
    let yard = Yard::new().await;
    for path in ["/", "/labs/0123456789abcdef"] {
        let answer = request(yard.server.addr, "GET", path, &yard.host(), &[], b"").await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert!(answer.header("content-security-policy").is_some());
        // A link from elsewhere leads here.
        let headers = [
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Mode", "navigate"),
        ];
        assert_eq!(
            request(yard.server.addr, "GET", path, &yard.host(), &headers, b"")
                .await
                .status,
            200
        );
    }
}

#[tokio::test]
async fn a_session_outlives_the_server_and_ends_when_told() {
    let yard = Yard::new().await;
    let address = yard.server.addr;
    let cookie = cookie(&yard).await;
    // On another port the cookie has another name, so that it is asked for by its value.
    let yard = yard.restart().await;
    let value = cookie.split_once('=').unwrap().1;
    let renamed = format!("other=1; netyard-{}={value}", yard.server.addr.port());
    assert_ne!(address.port(), 0);
    let ask = async |method, cookie: &str| {
        let origin = format!("http://{}", yard.host());
        let headers = [("Cookie", cookie), ("Origin", origin.as_str())];
        request(
            yard.server.addr,
            method,
            "/api/v1/session",
            &yard.host(),
            &headers,
            b"",
        )
        .await
        .status
    };
    assert_eq!(ask("GET", &renamed).await, 204);
    assert_eq!(ask("DELETE", &renamed).await, 204);
    assert_eq!(ask("GET", &renamed).await, 401);
}

#[tokio::test]
async fn guessing_is_slow_and_keeps_nobody_out() {
    let yard = Yard::new().await;
    let guess = |n: u32| {
        let (addr, host) = (yard.server.addr, yard.host());
        tokio::spawn(async move {
            let secret = format!("Bearer {n:064x}");
            let headers = [("Authorization", secret.as_str())];
            request(addr, "GET", "/api/v1/labs", &host, &headers, b"")
                .await
                .status
        })
    };
    let started = std::time::Instant::now();
    let guesses: Vec<_> = (0..40).map(guess).collect();
    assert_eq!(yard.ask("GET", "/api/v1/labs", "").await.status, 200);
    let mut seen = std::collections::BTreeMap::new();
    for guess in guesses {
        *seen.entry(guess.await.unwrap()).or_insert(0) += 1;
    }
    assert!(started.elapsed() >= std::time::Duration::from_millis(300));
    assert!(
        seen.keys().all(|status| [401, 429].contains(status)),
        "{seen:?}"
    );
    assert!(seen.contains_key(&429), "{seen:?}");
}

#[tokio::test]
async fn only_the_loopback_interface_is_served() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let config = server::serve::Config::new(address.parse().unwrap(), folder.path().to_owned());
        let error = server::serve::start(config).await.unwrap_err().to_string();
        assert!(error.contains("neither TLS nor accounts"), "{error}");
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "nothing was made"
    );
}

#[tokio::test]
async fn two_servers_do_not_share_a_folder() {
    let yard = Yard::new().await;
    let config = server::serve::Config::new(
        "127.0.0.1:0".parse().unwrap(),
        yard.folder.path().to_owned(),
    );
    let error = server::serve::start(config).await.unwrap_err().to_string();
    assert!(
        error.contains(&yard.server.url) && error.contains("--data"),
        "{error}"
    );
}

/// What is copied into a shell opens one capture for reading, for as long as its session lives.
#[tokio::test]
async fn a_key_opens_its_capture_alone() {
    let yard = Yard::scripted().await;
    let id = yard.lab("A").await;
    let path = format!("/api/v1/labs/{id}/captures/1.pcapng");
    let no_capture = yard.ask("POST", &format!("{path}/key"), "").await;
    assert_eq!(no_capture.status, 404);
    let (capture, mut browser) = crate::running::captured(&yard, &id).await;
    let path = protocol::capture::path(&id, capture);
    let cookie = cookie(&yard).await;
    let origin = format!("http://{}", yard.host());
    let headers = [("Cookie", cookie.as_str()), ("Origin", origin.as_str())];
    let ask = async |method: &str, path: &str, headers: &[(&str, &str)]| {
        request(yard.server.addr, method, path, &yard.host(), headers, b"").await
    };
    let made = ask("POST", &format!("{path}/key"), &headers).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let key = format!("Bearer {}", made.json()["key"].as_str().unwrap());
    let key = [("Authorization", key.as_str())];
    assert_eq!(ask("GET", &path, &key).await.status, 200);
    assert_eq!(
        ask("GET", &format!("{path}?last=0"), &key).await.status,
        200
    );
    for (method, path) in [
        ("GET", "/api/v1/labs".to_owned()),
        ("GET", format!("/api/v1/labs/{id}")),
        ("POST", path.clone()),
        ("POST", format!("{path}/key")),
        ("DELETE", "/api/v1/session".to_owned()),
    ] {
        assert_eq!(
            ask(method, &path, &key).await.status,
            401,
            "{method} {path}"
        );
    }
    // What follows the capture goes on for as long as it runs, and no longer than the session.
    let following = async {
        let path = format!("{path}?follow=1");
        let end = ask("GET", &path, &key);
        tokio::time::timeout(crate::support::PATIENCE, end).await
    };
    let leaving = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let out = ask("DELETE", "/api/v1/session", &headers).await;
        assert_eq!(out.status, 204);
    };
    let (followed, ()) = tokio::join!(following, leaving);
    assert_eq!(followed.expect("it goes on").status, 200);
    assert_eq!(ask("GET", &path, &key).await.status, 401);
    drop(browser.socket.close(None).await);
}
