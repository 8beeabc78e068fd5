//! What a field is: its name in Wireshark's words, its type, and how its value is written.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Values with their names.
pub type Names = &'static [(u32, &'static str)];

/// A field that dissection can find in a packet. Each exists once, as a static.
#[derive(Debug)]
pub struct Field {
    /// The name that filters use, as in Wireshark: `ip.src`.
    pub name: &'static str,
    /// What it is called in the tree: `Source Address`.
    pub title: &'static str,
    /// What its values are.
    pub kind: FieldType,
    /// What its values are called, if they have names.
    pub names: Option<Names>,
}

/// What the values of a field are, and how they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// A protocol, or another part that has no value of its own. It can be tested for presence and compared
    /// as bytes.
    Protocol,
    /// True or false.
    Bool,
    /// A number without a sign, written in decimal.
    Decimal,
    /// A number without a sign, written with this many hexadecimal digits at least.
    Hex(u8),
    /// A number with a sign.
    Signed,
    /// A number with a fraction.
    Float,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// A hardware address of six bytes.
    Ether,
    /// Bytes.
    Bytes,
    /// Text.
    Text,
    /// A moment.
    Time,
}

impl FieldType {
    /// What to call it where fields are listed.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Protocol => "protocol",
            Self::Bool => "boolean",
            Self::Decimal | Self::Hex(_) => "number",
            Self::Signed => "signed number",
            Self::Float => "number with a fraction",
            Self::Ipv4 => "IPv4 address",
            Self::Ipv6 => "IPv6 address",
            Self::Ether => "Ethernet address",
            Self::Bytes => "bytes",
            Self::Text => "text",
            Self::Time => "time",
        }
    }
}

impl Field {
    /// The protocol it belongs to: the name up to the first dot.
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        self.name
            .split_once('.')
            .map_or(self.name, |(protocol, _)| protocol)
    }

    /// The name of a value, if it has one.
    #[must_use]
    pub fn value_name(&self, value: u64) -> Option<&'static str> {
        let value = u32::try_from(value).ok()?;
        self.names?
            .iter()
            .find(|(number, _)| *number == value)
            .map(|(_, name)| *name)
    }
}

impl PartialEq for Field {
    /// Each field exists once, so that the name tells it.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.name == other.name
    }
}

/// The value of a field in a packet.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// None: it is only there.
    None,
    /// True or false.
    Bool(bool),
    /// A number without a sign.
    Unsigned(u64),
    /// A number with a sign.
    Signed(i64),
    /// A number with a fraction.
    Float(f64),
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
    /// A hardware address of six bytes.
    Ether([u8; 6]),
    /// The bytes of the node's range.
    Bytes,
    /// Text, made printable.
    Text(Box<str>),
    /// A moment, in nanoseconds since 1970; may be before.
    Time(i128),
}

/// Bytes as hexadecimal pairs with colons between.
pub(crate) struct Colons<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Colons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02x}", if i > 0 { ":" } else { "" })?;
        }
        Ok(())
    }
}

/// Declares the fields of a protocol, and `ALL` of them.
macro_rules! fields {
    ($($id:ident = $name:literal, $title:literal, $kind:expr $(, $names:expr)?;)*) => {
        $(
            pub(crate) static $id: $crate::tree::Field = $crate::tree::Field {
                name: $name,
                title: $title,
                kind: {
                    #[allow(unused_imports, reason = "not every protocol has every type")]
                    use $crate::tree::FieldType::*;
                    $kind
                },
                names: $crate::tree::field::fields!(@names $($names)?),
            };
        )*
        /// All fields of this file.
        pub(crate) static ALL: &[&$crate::tree::Field] = &[$(&$id),*];
    };
    (@names) => { None };
    (@names $names:expr) => { Some($names) };
}
pub(crate) use fields;
