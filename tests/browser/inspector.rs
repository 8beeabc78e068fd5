//! The parts of the inspector that leave a lab as they found it, one after the other in one browser:
//! starting one takes longer than each of them.

use crate::person::Person;
use crate::{quality, routes, settings, tables};

#[tokio::test]
async fn what_is_set_in_it_is_in_the_kernel_and_what_is_wrong_is_told_beside_it() {
    let person = Person::at("browser-inspector", "bridged").await;
    quality::a_rate_is_set_refused_and_taken_away_and_what_is_missing_is_told(&person).await;
    tables::an_entry_is_added_and_removed_and_vlans_are_set_or_their_lack_told(&person).await;
    settings::a_setting_of_a_namespace_and_one_of_an_interface_are_set_and_given_back(&person)
        .await;
    routes::a_route_and_a_rule_are_added_refused_and_removed(&person).await;
}
