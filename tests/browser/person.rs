//! Somebody who sits before a lab that runs.

use std::time::{Duration, Instant};

use protocol::lab::LabId;
use support::Yard;
use support::browser::{Browser, SHOWN};
use thirtyfour::prelude::*;

/// A yard, a lab of it that runs, and a browser that shows it.
pub(crate) struct Person {
    pub(crate) yard: Yard,
    pub(crate) lab: LabId,
    pub(crate) browser: Browser,
}

impl Person {
    /// Opens a copy of an example and starts it. `mark` is the test's own.
    pub(crate) async fn at(mark: &str, example: &str) -> Self {
        Self::at_yard(Yard::start(mark), example).await
    }

    /// The same in a yard of one's own.
    pub(crate) async fn at_yard(yard: Yard, example: &str) -> Self {
        let lab = yard.create_example(example);
        let browser = Browser::start(1440, 900).await;
        browser.driver.goto(yard.url()).await.unwrap();
        browser.find_css(&format!("[data-lab=\"{lab}\"]")).await;
        let page = format!("{}/labs/{lab}", yard.origin);
        browser.driver.goto(page).await.unwrap();
        browser.click("start").await;
        browser
            .until_attribute("run", "data-run", &["running"])
            .await;
        Self { yard, lab, browser }
    }

    /// What a command says in a namespace; its standard error when it fails.
    pub(crate) fn run(&self, namespace: &str, command: &str) -> String {
        let words: Vec<&str> = command.split(' ').collect();
        let mut exec = self.yard.exec(&self.lab, namespace, &words);
        let output = exec.output().unwrap();
        let said = match output.status.success() {
            true => output.stdout,
            false => output.stderr,
        };
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Waits until the kernel says so in a namespace; returns what it said.
    pub(crate) async fn until_kernel(
        &self,
        namespace: &str,
        command: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> String {
        let start = Instant::now();
        loop {
            let said = self.run(namespace, command);
            if wanted(&said) {
                return said;
            }
            if start.elapsed() > SHOWN {
                self.browser.shoot("failed").await;
                panic!("`{command}` in {namespace} says {said:?}; see artifacts/failed.png");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Selects an object by its line in the outline of the lab.
    pub(crate) async fn select(&self, name: &str) {
        let page = self.browser.find_css("body").await;
        // The first one may only leave a field.
        for _ in 0..2 {
            page.send_keys(Key::Escape).await.unwrap();
        }
        let line = format!(
            "//*[@id='inspector']//button[contains(@class,'pick-entry')][contains(.,'{name}')]"
        );
        self.click(&line).await;
    }

    /// Where the inspector has an interface.
    pub(crate) fn interface(name: &str) -> String {
        format!(
            "//*[@id='inspector']//section[contains(@class,'interface')][h3/span[normalize-space()='{name}']]"
        )
    }

    /// Unfolds a part of the inspector by its title; returns where it is.
    pub(crate) async fn unfold(&self, within: &str, title: &str) -> String {
        let part = format!("{within}//details[summary[starts-with(normalize-space(),'{title}')]]");
        self.click(&format!("{part}/summary")).await;
        part
    }

    /// Clicks what is at that XPath.
    pub(crate) async fn click(&self, path: &str) {
        let start = Instant::now();
        loop {
            match self.at_path(path).await.click().await {
                Ok(()) => return,
                Err(error) if start.elapsed() > SHOWN => {
                    self.browser.shoot("failed").await;
                    panic!("{path} cannot be clicked: {error}");
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// What is at that XPath, once it is there.
    pub(crate) async fn at_path(&self, path: &str) -> WebElement {
        let start = Instant::now();
        loop {
            if let Ok(found) = self.browser.driver.find(By::XPath(path)).await {
                return found;
            }
            if start.elapsed() > SHOWN {
                self.browser.shoot("failed").await;
                panic!("{path} is not there; see artifacts/failed.png");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn label(within: &str, label: &str) -> String {
        format!(
            "{within}//label[span[contains(@class,'field-label')][normalize-space()='{label}']]"
        )
    }

    /// The field with that label.
    pub(crate) async fn field(&self, within: &str, label: &str) -> WebElement {
        let path = format!(
            "{}/*[self::input or self::select]",
            Self::label(within, label)
        );
        self.at_path(&path).await
    }

    /// Waits until the field with that label says so; it may be drawn anew meanwhile.
    pub(crate) async fn until_value(&self, within: &str, label: &str, wanted: &str) {
        let start = Instant::now();
        loop {
            let said = self.field(within, label).await.value().await;
            if matches!(&said, Ok(Some(said)) if said == wanted) {
                return;
            }
            if start.elapsed() > SHOWN {
                self.browser.shoot("failed").await;
                panic!("{label} says {said:?}; see artifacts/failed.png");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Types into the field with that label in place of what is there, and presses Enter.
    pub(crate) async fn enter(&self, within: &str, label: &str, text: &str) {
        let field = self.field(within, label).await;
        field.scroll_into_view().await.unwrap();
        field.click().await.unwrap();
        field.send_keys(Key::Control + "a").await.unwrap();
        field.send_keys(Key::Backspace + text).await.unwrap();
        field.send_keys(Key::Enter + "").await.unwrap();
    }

    /// What stands beside the field with that label, once it is about that.
    pub(crate) async fn until_refused(&self, within: &str, label: &str, words: &str) {
        let path = format!(
            "{}/*[contains(@class,'field-error')][contains(.,\"{words}\")]",
            Self::label(within, label)
        );
        self.at_path(&path).await;
    }
}
