//! Interfaces of every kind, made and set in the inspector.

use std::time::{Duration, Instant};

use support::Yard;
use support::browser::Browser;

#[tokio::test]
async fn a_vxlan_is_added_and_set_and_what_is_missing_is_said() {
    let yard = Yard::start("devices");
    let lab = yard.create_example("bridged");
    let browser = Browser::start(1440, 900).await;
    browser.driver.goto(yard.url()).await.unwrap();
    browser.find_css(&format!("[data-lab=\"{lab}\"]")).await;
    let page = format!("{}/labs/{lab}", yard.origin);
    browser.driver.goto(page).await.unwrap();
    browser.click("node-red").await;
    browser.click("start").await;
    browser
        .until_attribute("run", "data-run", &["running"])
        .await;

    browser.click("add-vxlan").await;
    browser.find("row-red-vxlan0").await;
    let summary = browser
        .find_css("#inspector details.parameters summary")
        .await;
    summary.click().await.unwrap();
    let field = browser
        .find_css("#inspector .parameters [title^=\"where frames go\"] input")
        .await;
    field.click().await.unwrap();
    field.send_keys("10.0.0.2\n").await.unwrap();
    let start = Instant::now();
    let shown = loop {
        let show = ["ip", "-d", "link", "show", "vxlan0"];
        let output = yard.exec(&lab, "red", &show).output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        if shown.contains("remote 10.0.0.2") {
            break shown;
        }
        assert!(start.elapsed() < support::browser::SHOWN, "{shown}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(shown.contains("vxlan id 1 "), "{shown}");
    browser.shoot("10-vxlan").await;
    let heights = "return document.documentElement.scrollHeight - window.innerHeight";
    let beyond = browser.driver.execute(heights, vec![]).await.unwrap();
    assert_eq!(
        beyond.json(),
        &serde_json::json!(0),
        "the page itself does not scroll"
    );

    // What the kernel lacks is offered with the reason, and makes nothing.
    let features: Vec<serde_json::Value> = yard.get("/api/v1/features");
    let lacking = features.iter().find_map(|feature| {
        let name = feature["name"]
            .as_str()?
            .strip_prefix("interfaces of type ")?;
        (feature["available"] == false).then(|| name.to_owned())
    });
    if let Some(kind) = lacking {
        browser.click(&format!("add-{kind}")).await;
        let said = browser.find("add-error").await.text().await.unwrap();
        assert!(said.contains("modprobe"), "{said}");
        assert_eq!(
            browser
                .count(&format!("[data-testid=row-red-{kind}0]"))
                .await,
            0
        );
    }
}
