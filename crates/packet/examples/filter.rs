//! Prints the numbers of the packets of a capture file that pass a filter, or how fast that goes.
#![allow(clippy::print_stdout, reason = "a program for the terminal")]
use packet::conversation::Conversations;
use packet::filter::Filter;
use packet::pcapng::Reader;
use packet::tree::Context;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let file = std::fs::read(args.next().ok_or("file?")?)?;
    for text in args {
        let mut filter = match Filter::new(&text) {
            Ok(filter) => filter,
            Err(error) => {
                println!("ERROR {error} at {:?}", error.at);
                continue;
            }
        };
        let mut conversations = Conversations::default();
        let mut found = Vec::new();
        for (i, packet) in Reader::new(&file)?.enumerate() {
            let packet = packet?;
            let context = Context {
                number: Some(i as u32 + 1),
                stream: conversations.next(packet.link, packet.record),
                ..Context::default()
            };
            if filter.matches(packet.link, packet.record, &context) {
                found.push((i + 1).to_string());
            }
        }
        println!("{}", found.join(" "));
    }
    Ok(())
}
