//! A headless Chromium by its driver.

use std::io::{BufRead, BufReader};
use std::mem::ManuallyDrop;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use thirtyfour::prelude::*;

use crate::program::artifacts;

/// How long the page may take to show what is waited for.
pub const SHOWN: Duration = Duration::from_secs(20);

/// A browser with a profile of its own; it ends when dropped.
pub struct Browser {
    /// The driver's session. It ends with the driver's process: ending it by itself would wait for
    /// an answer that may not come any more.
    pub driver: ManuallyDrop<WebDriver>,
    process: Child,
    _profile: TempDir,
}

impl Browser {
    /// A new browser with a window of that size.
    pub async fn start(width: u32, height: u32) -> Self {
        let program =
            std::env::var("NETYARD_CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".into());
        // In a pid namespace of its own: the browser's helpers leave their parents, and only the end
        // of the namespace is the end of all of them, also when this test is killed.
        let mut unshare = Command::new("unshare");
        // SAFETY: prctl is a single system call, which a child may do between fork and exec.
        unsafe { unshare.pre_exec(|| Ok(set_pdeathsig(Signal::SIGKILL)?)) };
        let mut process = unshare
            .args(["--user", "--map-current-user", "--pid", "--mount-proc"])
            .args(["--fork", "--kill-child=KILL", "--", &program])
            .args(["--port=0", "--log-level=WARNING"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("unshare: {error}"));
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next().expect("the driver says its port").unwrap();
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                break port.trim_end_matches('.').parse::<u16>().unwrap();
            }
        };
        // What it says later is read, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        let profile = TempDir::new().unwrap();
        let mut capabilities = DesiredCapabilities::chrome();
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--force-color-profile=srgb",
            &format!("--window-size={width},{height}"),
            &format!("--user-data-dir={}", profile.path().display()),
        ] {
            capabilities.add_arg(argument).unwrap();
        }
        if let Ok(binary) = std::env::var("NETYARD_BROWSER") {
            capabilities.set_binary(&binary).unwrap();
        }
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities)
            .await
            .unwrap();
        Self {
            driver: ManuallyDrop::new(driver),
            process,
            _profile: profile,
        }
    }

    /// The element with that `data-testid`, once it is there.
    pub async fn find(&self, testid: &str) -> WebElement {
        self.find_css(&format!("[data-testid=\"{testid}\"]")).await
    }

    /// The first element that matches, once there is one.
    pub async fn find_css(&self, css: &str) -> WebElement {
        let start = Instant::now();
        loop {
            if let Ok(found) = self.driver.find(By::Css(css)).await {
                return found;
            }
            if start.elapsed() > SHOWN {
                self.shoot("failed").await;
                panic!("{css} is not there after {SHOWN:?}; see artifacts/failed.png");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How many elements match now.
    pub async fn count(&self, css: &str) -> usize {
        self.driver.find_all(By::Css(css)).await.unwrap().len()
    }

    /// Clicks the element, once it is there and can be clicked.
    pub async fn click(&self, testid: &str) {
        let start = Instant::now();
        loop {
            match self.find(testid).await.click().await {
                Ok(()) => return,
                Err(error) if start.elapsed() > SHOWN => {
                    self.shoot("failed").await;
                    panic!("{testid} cannot be clicked: {error}");
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// Types into a field in place of what is there.
    pub async fn fill(&self, testid: &str, text: &str) {
        let field = self.find(testid).await;
        field.click().await.unwrap();
        field.send_keys(Key::Control + "a").await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Waits until an attribute of the element is one of these; returns how long that took.
    pub async fn until_attribute(
        &self,
        testid: &str,
        attribute: &str,
        wanted: &[&str],
    ) -> Duration {
        let css = format!("[data-testid=\"{testid}\"]");
        let start = Instant::now();
        loop {
            let mut is = None;
            if let Ok(found) = self.driver.find(By::Css(&*css)).await {
                is = found.attr(attribute).await.ok().flatten();
            }
            if is.as_deref().is_some_and(|is| wanted.contains(&is)) {
                return start.elapsed();
            }
            if start.elapsed() > SHOWN {
                self.shoot("failed").await;
                panic!(
                    "{attribute} of {testid} is {is:?} and not one of {wanted:?}; see artifacts/failed.png"
                );
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until one of the elements that match has that in its text; returns its text.
    pub async fn until_text(&self, css: &str, text: &str) -> String {
        let start = Instant::now();
        loop {
            let mut seen = Vec::new();
            for element in self.driver.find_all(By::Css(css)).await.unwrap() {
                // A row may have gone from a list that scrolls.
                seen.push(element.text().await.unwrap_or_default());
            }
            if let Some(found) = seen.iter().find(|seen| seen.contains(text)) {
                return found.clone();
            }
            if start.elapsed() > SHOWN {
                self.shoot("failed").await;
                panic!("no {css} with {text:?}: {seen:#?}; see artifacts/failed.png");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until that many elements match.
    pub async fn until_count(&self, css: &str, wanted: usize) {
        let start = Instant::now();
        loop {
            let count = self.count(css).await;
            if count == wanted {
                return;
            }
            if start.elapsed() > SHOWN {
                self.shoot("failed").await;
                panic!("{count} {css} and not {wanted}; see artifacts/failed.png");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Drags from the middle of one element to the middle of another, as a hand does: in steps.
    pub async fn drag(&self, from: &str, to: &str) {
        let (x, y) = self.middle(to).await;
        self.drag_to(from, x, y).await;
    }

    /// Drags from the middle of an element to a place in the window.
    pub async fn drag_to(&self, from: &str, x: i64, y: i64) {
        let (from_x, from_y) = self.middle(from).await;
        let mut actions = self.driver.action_chain_with_delay(
            Some(Duration::from_millis(30)),
            Some(Duration::from_millis(20)),
        );
        actions = actions.move_to(from_x, from_y).click_and_hold();
        for step in 1..=4 {
            let at = |from: i64, to: i64| from + (to - from) * step / 4;
            actions = actions.move_to(at(from_x, x), at(from_y, y));
        }
        actions.release().perform().await.unwrap();
    }

    /// The middle of an element, in the window.
    pub async fn middle(&self, testid: &str) -> (i64, i64) {
        let rect = self.find(testid).await.rect().await.unwrap();
        (
            (rect.x + rect.width / 2.0) as i64,
            (rect.y + rect.height / 2.0) as i64,
        )
    }

    /// From now on, requests for these addresses fail; `*` stands for anything.
    pub async fn block(&self, addresses: &[&str]) {
        let cdp = self.driver.cdp();
        cdp.network().enable().await.unwrap();
        cdp.send_raw(
            "Network.setBlockedURLs",
            serde_json::json!({ "urls": addresses }),
        )
        .await
        .unwrap();
    }

    /// Leaves a picture of the window for a person to look at.
    pub async fn shoot(&self, name: &str) {
        let path = artifacts().join(format!("{name}.png"));
        self.driver.screenshot(&path).await.unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver is pid 1 of its namespace: `unshare` ends once the kernel has ended, and waited
        // for, everything in it. Only then can the profile be removed for good.
        let unshare = self.process.id();
        let driver = std::fs::read_to_string(format!("/proc/{unshare}/task/{unshare}/children"));
        match driver.unwrap_or_default().trim().parse() {
            Ok(driver) => drop(kill(Pid::from_raw(driver), Signal::SIGKILL)),
            Err(_) => drop(self.process.kill()),
        }
        let _ = self.process.wait();
    }
}
