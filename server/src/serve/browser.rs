//! Opening the browser.

use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::Server;

/// Opens the browser, if there is a desktop and a person at a terminal. It is a convenience: what
/// goes wrong is only logged, for the URL is on the terminal.
pub(super) fn open(server: &Server) {
    let desktop = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    if !desktop || !io::stdout().is_terminal() {
        return;
    }
    let opened = write_page(server).and_then(|page| {
        let mut command = Command::new("xdg-open");
        command
            .arg(page)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn()
    });
    match opened {
        Ok(mut child) => {
            // It ends at once, or when the browser does; somebody has to wait for it.
            std::thread::spawn(move || child.wait());
        }
        Err(error) => tracing::info!(%error, "cannot open a browser"),
    }
}

/// A page that leads to the yard. The arguments of a command can be read by every user of the
/// machine: the secret must not be among them.
fn write_page(server: &Server) -> io::Result<PathBuf> {
    let path = server.data().join("open.html");
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut page = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    let url = server.sign_in_url();
    write!(
        page,
        "<!doctype html><title>Netyard</title><meta http-equiv=\"refresh\" content=\"0; url={url}\">\n\
         <a href=\"{url}\">Netyard</a>\n"
    )?;
    Ok(path)
}
