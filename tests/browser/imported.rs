//! A script is dropped on the yard: its account, an expectation of it, whether that holds.

use std::path::Path;

use support::browser::Browser;
use support::{Yard, example, netyard};

const SCRIPT: &str = "#!/bin/sh\\nset -e\\nip netns add red\\nip netns add blue\\n\
ip link add veth-red netns red type veth peer name veth-blue netns blue\\n\
ip -n red addr add 10.0.0.1/24 dev veth-red\\nip -n blue addr add 10.0.0.2/24 dev veth-blue\\n\
ip -n red link set veth-red up\\nip -n blue link set veth-blue up\\nip -n red link set lo up\\nip -n blue link set lo up\\n\
ip netns exec red ping -c 1 10.0.0.2\\nip -n red addr\\n";

/// Lets a file fall on the page, as a person's browser says it.
async fn drop_file(browser: &Browser, name: &str, text: &str) {
    drop_files(browser, &format!("new File([\"{text}\"], \"{name}\")")).await;
}

/// The same with several, as JavaScript makes them.
async fn drop_files(browser: &Browser, files: &str) {
    let script = format!(
        "const data = new DataTransfer();
         for (const file of [{files}]) data.items.add(file);
         const say = (kind) => document.body.dispatchEvent(
             new DragEvent(kind, {{bubbles: true, cancelable: true, dataTransfer: data}}));
         say('dragover'); say('drop');"
    );
    browser.driver.execute(script, vec![]).await.unwrap();
}

/// Drags a file or folder of this machine over the page and lets it fall: the browser itself makes
/// of it what it hands to the page.
async fn drop_path(browser: &Browser, path: &Path) {
    let cdp = browser.driver.cdp();
    for kind in ["dragEnter", "dragOver", "drop"] {
        let event = serde_json::json!({
            "type": kind, "x": 400, "y": 400,
            "data": {"items": [], "files": [path], "dragOperationsMask": 1},
        });
        cdp.send_raw("Input.dispatchDragEvent", event)
            .await
            .unwrap();
    }
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

const TOPOLOGY: &str = "name: two\ntopology:\n  nodes:\n    left: {kind: linux, exec: [ip addr add 10.0.0.1/24 dev eth1]}\n    right: {kind: linux}\n  links:\n    - endpoints: [\"left:eth1\", \"right:eth1\"]\n";

/// Each comes up as a drawing with its account.
#[tokio::test]
async fn labs_of_others_are_pasted_and_dropped_in_parts_and_as_an_archive() {
    let yard = Yard::start("pasted");
    let browser = Browser::start(1440, 900).await;

    browser.driver.goto(yard.url()).await.unwrap();
    browser.click("paste-lab").await;
    browser.find("paste-text").await;
    let text = serde_json::to_string(TOPOLOGY).unwrap();
    let paste = format!(
        "const field = document.querySelector('[data-testid=paste-text]');
         field.value = {text};
         field.dispatchEvent(new Event('input', {{bubbles: true}}));"
    );
    browser.driver.execute(paste, vec![]).await.unwrap();
    browser.click("paste-open").await;
    browser.find("node-left").await;
    browser.find("node-right").await;
    browser
        .until_text("[data-testid=import]", "containerlab")
        .await;
    browser.shoot("27-pasted-topology").await;

    // The files of a folder together, told apart by what they are.
    browser.driver.goto(yard.url()).await.unwrap();
    browser.find("paste-lab").await;
    let files = [
        ("lab.conf", "pc1[0]=A\\npc2[0]=A\\n"),
        ("pc1.startup", "ip address add 10.0.0.1/24 dev eth0\\n"),
        (
            "pc2.startup",
            "ip address add 10.0.0.2/24 dev eth0\\nip link sett eth0 up\\n",
        ),
    ];
    let files = files.map(|(name, text)| format!("new File([\"{text}\"], \"{name}\")"));
    drop_files(&browser, &files[..2].join(",")).await;
    browser.find("node-pc1").await;
    browser.find("node-pc2").await;
    browser.until_text("[data-testid=import]", "Kathará").await;

    // What cannot be understood in one of them is refused with its file and line.
    browser.driver.goto(yard.url()).await.unwrap();
    browser.find("paste-lab").await;
    drop_files(&browser, &files.join(",")).await;
    browser
        .until_text("[data-testid=paste-error]", "pc2.startup:2")
        .await;

    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("lab.zip");
    let lab = example("triangle.yaml");
    let output = archive.to_str().unwrap();
    let written = netyard(&["convert", &lab, "--to", "kathara", "--output", output]).output();
    assert!(written.unwrap().status.success());
    let bytes = std::fs::read(&archive).unwrap();
    browser.driver.goto(yard.url()).await.unwrap();
    browser.find("paste-lab").await;
    drop_files(
        &browser,
        &format!("new File([new Uint8Array({bytes:?})], \"lab.zip\")"),
    )
    .await;
    browser.until_text("[data-testid=import]", "Kathará").await;
    browser.find("node-west").await;
    browser.shoot("28-dropped-archive").await;

    // The same unpacked: a folder with folders in it, and with what is none of a lab's.
    let unpacked = folder.path().join("routed");
    let written = netyard(&[
        "convert",
        &lab,
        "--to",
        "kathara",
        "--output",
        unpacked.to_str().unwrap(),
    ])
    .output();
    assert!(written.unwrap().status.success());
    std::fs::create_dir_all(unpacked.join("west/etc")).unwrap();
    std::fs::write(unpacked.join("west/etc/motd"), "Hello\n").unwrap();
    std::fs::create_dir(unpacked.join(".git")).unwrap();
    std::fs::write(unpacked.join(".git/config"), [0, 255]).unwrap();
    browser.driver.goto(yard.url()).await.unwrap();
    browser.find("paste-lab").await;
    drop_path(&browser, &unpacked).await;
    let account = browser.until_text("[data-testid=import]", "Kathará").await;
    assert!(!account.contains(".git"), "{account}");
    browser.find("node-west").await;
    browser.shoot("29-dropped-folder").await;
}
