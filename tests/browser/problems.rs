//! Problems, and what one click does about them.

use crate::person::Person;

#[tokio::test]
async fn a_fix_is_applied_to_the_running_lab_and_the_problem_is_gone() {
    let person = Person::at("browser-problems", "article").await;
    let browser = &person.browser;
    browser.click("tab-problems").await;
    let fix = "//button[@data-testid='fix'][starts-with(@aria-label,'Set it up: green/lo')]";
    person.at_path(fix).await;
    browser.shoot("28-problems").await;
    let before = browser.count("[data-testid=fix]").await;
    assert!(person.run("green", "ip -br link show lo").contains("DOWN"));
    person.click(fix).await;
    person
        .until_kernel("green", "ip -br link show lo", |shown| {
            shown.contains("LOOPBACK,UP")
        })
        .await;
    browser.until_count("[data-testid=fix]", before - 1).await;
}
