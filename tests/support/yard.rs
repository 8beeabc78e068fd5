//! A yard of one's own: `netyard serve` on a free port, with data of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use protocol::lab::{LabId, LabSummary, NewLab};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;

use crate::program::netyard;
use crate::wait::until;

/// How long a yard may take to end.
const END: Duration = Duration::from_secs(10);

/// A running yard. It ends when dropped, and its data go.
pub struct Yard {
    child: Child,
    data: TempDir,
    mark: String,
    options: &'static [&'static str],
    /// `http://127.0.0.1:PORT`.
    pub origin: String,
    /// What signs a program or a browser in.
    pub secret: String,
}

impl Yard {
    /// A new yard without labs. `mark` marks its processes; it must be the test's own.
    pub fn start(mark: &str) -> Self {
        Self::start_with(mark, &[])
    }

    /// One with more options of `netyard serve`.
    pub fn start_with(mark: &str, options: &'static [&'static str]) -> Self {
        let data = TempDir::new().unwrap();
        let (child, origin, secret) = spawn(data.path(), mark, options);
        Self {
            child,
            data,
            mark: mark.to_owned(),
            options,
            origin,
            secret,
        }
    }

    /// Ends the server by a signal, waits, and starts it again on the same data.
    pub fn restart(&mut self, signal: Signal) {
        self.stop(signal);
        (self.child, self.origin, self.secret) = spawn(self.data.path(), &self.mark, self.options);
    }

    /// Ends the server by a signal and waits until no process of it is left.
    pub fn stop(&mut self, signal: Signal) {
        let _ = kill(self.pid(), signal);
        self.child.wait().unwrap();
        let mark = self.environment();
        until(END, "no process of the yard is left", || {
            crate::machine::marked(&mark).is_empty().then_some(())
        });
    }

    /// The mark in the environment of every process of this yard.
    pub fn environment(&self) -> String {
        format!("NETYARD_TEST_MARK={}", self.mark)
    }

    /// The server's process.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().unwrap())
    }

    /// Where its data are.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The URL that signs a browser in.
    pub fn url(&self) -> String {
        format!("{}/#secret={}", self.origin, self.secret)
    }

    /// `netyard exec` in a lab of this yard.
    pub fn exec(&self, lab: &LabId, namespace: &str, command: &[&str]) -> Command {
        let data = self.data.path().to_str().unwrap();
        let mut exec = netyard(&["exec", "--data", data, &lab.0, namespace, "--"]);
        exec.args(command);
        exec
    }

    /// GET, as a program with the secret.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> T {
        let mut response = ureq::get(format!("{}{path}", self.origin))
            .header("Authorization", format!("Bearer {}", self.secret))
            .call()
            .unwrap();
        serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap()
    }

    /// GET of bytes.
    pub fn bytes(&self, path: &str) -> Vec<u8> {
        let mut response = ureq::get(format!("{}{path}", self.origin))
            .header("Authorization", format!("Bearer {}", self.secret))
            .call()
            .unwrap();
        response.body_mut().read_to_vec().unwrap()
    }

    /// POST of JSON; the answer's text.
    pub fn post(&self, path: &str, body: &impl Serialize) -> String {
        String::from_utf8(self.post_for_bytes(path, body)).unwrap()
    }

    /// POST of JSON; the answer's bytes.
    pub fn post_for_bytes(&self, path: &str, body: &impl Serialize) -> Vec<u8> {
        let mut response = ureq::post(format!("{}{path}", self.origin))
            .header("Authorization", format!("Bearer {}", self.secret))
            .header("Content-Type", "application/json")
            .send(serde_json::to_string(body).unwrap())
            .unwrap();
        response.body_mut().read_to_vec().unwrap()
    }

    /// A new lab.
    pub fn create(&self, new: &NewLab) -> LabId {
        let answer: serde_json::Value =
            serde_json::from_str(&self.post("/api/v1/labs", new)).unwrap();
        LabId(answer["id"].as_str().unwrap().to_owned())
    }

    /// A copy of an example.
    pub fn create_example(&self, name: &str) -> LabId {
        self.create(&NewLab::Example {
            name: name.to_owned(),
        })
    }

    /// The labs there are.
    pub fn labs(&self) -> Vec<LabSummary> {
        self.get("/api/v1/labs")
    }
}

fn spawn(data: &Path, mark: &str, options: &[&str]) -> (Child, String, String) {
    let mut child = netyard(&["serve", "--listen", "127.0.0.1:0", "--no-browser", "--data"])
        .arg(data)
        .args(options)
        .env("NETYARD_TEST_MARK", mark)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let url = line
        .split_whitespace()
        .find(|word| word.starts_with("http"))
        .unwrap_or_else(|| {
            let _ = child.kill();
            panic!("no URL in the first line: {line:?}")
        });
    let (origin, secret) = url.split_once("/#secret=").unwrap();
    (child, origin.to_owned(), secret.to_owned())
}

impl Drop for Yard {
    fn drop(&mut self) {
        let _ = kill(self.pid(), Signal::SIGTERM);
        let ended = (0..1000).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            matches!(self.child.try_wait(), Ok(Some(_)))
        });
        if !ended {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
