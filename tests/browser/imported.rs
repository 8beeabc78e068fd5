//! A script is dropped on the yard: its account, an expectation of it, whether that holds.

use support::Yard;
use support::browser::Browser;

const SCRIPT: &str = "#!/bin/sh\\nset -e\\nip netns add red\\nip netns add blue\\n\
ip link add veth-red netns red type veth peer name veth-blue netns blue\\n\
ip -n red addr add 10.0.0.1/24 dev veth-red\\nip -n blue addr add 10.0.0.2/24 dev veth-blue\\n\
ip -n red link set veth-red up\\nip -n blue link set veth-blue up\\nip -n red link set lo up\\nip -n blue link set lo up\\n\
ip netns exec red ping -c 1 10.0.0.2\\nip -n red addr\\n";

/// Lets a file fall on the page, as a person's browser says it.
async fn drop_file(browser: &Browser, name: &str, text: &str) {
    let script = format!(
        "const data = new DataTransfer();
         data.items.add(new File([\"{text}\"], \"{name}\"));
         const say = (kind) => document.body.dispatchEvent(
             new DragEvent(kind, {{bubbles: true, cancelable: true, dataTransfer: data}}));
         say('dragover'); say('drop');"
    );
    browser.driver.execute(script, vec![]).await.unwrap();
}

#[tokio::test]
async fn a_dropped_script_is_accounted_for_and_what_it_tries_is_checked() {
    let yard = Yard::start("imported");
    let browser = Browser::start(1440, 900).await;
    browser.driver.goto(yard.url()).await.unwrap();
    browser.find("example-article").await;

    // What is no lab is refused with its place.
    drop_file(
        &browser,
        "bad.sh",
        "ip netns add red\\nip link sett lo up\\n",
    )
    .await;
    browser
        .until_text("[data-testid=paste-error]", "line 2")
        .await;
    browser.shoot("20-refused-file").await;
    browser
        .driver
        .execute("document.querySelector('dialog').close()", vec![])
        .await
        .unwrap();

    drop_file(&browser, "two.sh", SCRIPT).await;
    let account = browser.until_text("[data-testid=import]", "Left out").await;
    assert!(account.contains("two.sh:13"), "{account}");
    browser.find("node-red").await;
    assert_eq!(browser.driver.title().await.unwrap(), "two · Netyard");
    browser.shoot("21-import-account").await;
    browser.click("import-offer").await;
    browser.click("import-open").await;

    // Not tried, then it holds.
    browser.click("tab-expectations").await;
    browser
        .until_attribute("expect-row", "data-state", &["untried"])
        .await;
    browser.click("start").await;
    browser
        .until_attribute("run", "data-run", &["running"])
        .await;
    browser.click("expect-check").await;
    browser
        .until_attribute("expect-row", "data-state", &["holds"])
        .await;
    browser.shoot("22-expectation-holds").await;

    // Another one that is not so fails in words.
    browser
        .fill("expect-sentence", "red can reach blue tcp/80")
        .await;
    browser.click("expect-add").await;
    browser.click("expect-check").await;
    let failed = browser
        .until_text("[data-testid=expect-row][data-state=fails]", "Fails")
        .await;
    assert!(failed.contains("10.0.0.2 tcp/80 is refused"), "{failed}");
    browser.shoot("23-expectation-fails").await;

    // In the forms of others, with what they do not carry.
    browser.click("export").await;
    browser.click("export-mermaid").await;
    browser
        .until_text("[data-testid=export-lost]", "expectations")
        .await;
    browser
        .until_text("[data-testid=export-text]", "red ---|")
        .await;
    browser.shoot("24-export").await;
    browser
        .driver
        .execute("document.documentElement.dataset.theme = 'dark'", vec![])
        .await
        .unwrap();
    browser.shoot("25-export-dark").await;
    browser
        .driver
        .execute("document.querySelector('dialog').close()", vec![])
        .await
        .unwrap();
    browser.click("import-open").await;
    browser.shoot("26-import-dark").await;
}
