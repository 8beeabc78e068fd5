//! Short texts: the values that people type into a form, and what `nft` says.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use topology::advertise::Prefix;
use topology::command::{read_next_hops, read_rule};
use topology::expectation::Expectation;
use topology::fdb::FdbEntry;
use topology::firewall::{Ruleset, counters, guard, listing, said};
use topology::kind::wireguard::{Peers, PublicKey};
use topology::mac::Mac;
use topology::neighbour::Neighbour;
use topology::rule::{Mark, Ports};
use topology::serve::{Port, Service};
use topology::vlans::{VlanRange, Vlans};
use topology::{InterfaceName, NamespaceName};

/// A value as a person types it; the first byte chooses which. What is read is written, and read
/// again it is the same.
pub fn value(bytes: &[u8]) {
    let Some((choice, text)) = bytes.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    match choice % 16 {
        0 => same::<Expectation<NamespaceName>>(text),
        1 => same::<Service>(text),
        2 => same::<Port>(text),
        3 => same::<Prefix>(text),
        4 => same::<FdbEntry>(text),
        5 => same::<VlanRange>(text),
        6 => same::<Vlans>(text),
        7 => same::<Neighbour>(text),
        8 => same::<Mark>(text),
        9 => same::<Ports>(text),
        10 => same::<Mac>(text),
        11 => same::<PublicKey>(text),
        12 => same::<Peers>(text),
        13 => {
            same::<NamespaceName>(text);
            same::<InterfaceName>(text);
        }
        14 => drop(read_next_hops(text)),
        _ => drop(read_rule(text, 100)),
    }
}

/// A ruleset as a person writes it, as `nft` lists it, and what `nft` says of it.
pub fn ruleset(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(ruleset) = Ruleset::new(text) {
        assert_eq!(guard(ruleset.as_str()), Ok(()));
        assert_eq!(Ruleset::new(ruleset.as_str()), Ok(ruleset));
    }
    let canonical = listing::canonical(text);
    assert_eq!(listing::canonical(&canonical), canonical);
    let _ = listing::names_indexes(text);
    let _ = counters::of_listing(text);
    let (before, after) = text.split_at(text.floor_char_boundary(text.len() / 2));
    let _ = listing::changes(before, after);
    let _ = said::in_words(before, after);
}

fn same<T>(text: &str)
where
    T: FromStr + Display + PartialEq + Debug,
    T::Err: Debug,
{
    let Ok(value) = text.parse::<T>() else {
        return;
    };
    let written = value.to_string();
    let again = written.parse::<T>();
    assert!(
        again.as_ref().is_ok_and(|again| *again == value),
        "{text:?} is {value:?}, written {written:?}, which is {again:?}"
    );
}
