//! Two people on one lab; refusals where they are typed; small windows and the dark.

use support::Yard;
use support::browser::Browser;

#[tokio::test]
async fn two_browsers_see_each_other_and_a_small_dark_window_holds() {
    let yard = Yard::start("several");
    let lab = yard.create_example("bridged");
    let one = Browser::start(1440, 900).await;
    let two = Browser::start(1024, 700).await;
    for browser in [&one, &two] {
        browser.driver.goto(yard.url()).await.unwrap();
        browser.find_css(&format!("[data-lab=\"{lab}\"]")).await;
        browser
            .driver
            .goto(format!("{}/labs/{lab}", yard.origin))
            .await
            .unwrap();
        browser.find("node-red").await;
    }
    two.driver
        .execute("document.documentElement.dataset.theme = 'dark'", vec![])
        .await
        .unwrap();
    one.click("start").await;
    two.until_attribute("run", "data-run", &["running"]).await;
    two.until_attribute("interface-green-veth-green", "data-status", &["up"])
        .await;
    let (x, y) = one.middle("node-br0").await;
    one.drag_to("tool-namespace", x - 420, y).await;
    two.find_css("[data-testid^=node-]:not([data-testid=node-red]):not([data-testid=node-blue]):not([data-testid=node-green]):not([data-testid=node-br0])").await;
    two.shoot("08-small-dark").await;
    one.shoot("09-bridged").await;

    // Who leaves is no longer counted, though the browser keeps the page; who comes back is.
    one.until_text(".clients", "2").await;
    two.driver.goto(yard.url()).await.unwrap();
    one.until_count(".clients", 0).await;
    two.driver.back().await.unwrap();
    one.until_text(".clients", "2").await;
    two.until_attribute("run", "data-run", &["running"]).await;
}
