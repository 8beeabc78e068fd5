//! A capture file in the viewer.

use crate::pcapng::{Error, Reader};

use super::store::{Source, Store};
use super::viewer::Viewer;

/// What came of opening a file.
#[derive(Debug)]
pub struct Opened {
    /// What could be read.
    pub viewer: Viewer,
    /// Why not all of it could.
    pub error: Option<Error>,
}

/// Opens a pcap or pcapng file. `ahead` is what local time is ahead of UTC, in seconds. What is broken is read
/// up to there.
#[must_use]
pub fn open(file: Vec<u8>, ahead: i32) -> Opened {
    let mut store = Store::new(usize::MAX, usize::MAX);
    let mut comments = Vec::new();
    let mut sources = Vec::new();
    let mut error = None;
    match Reader::new(&file) {
        Err(reason) => error = Some(reason),
        Ok(mut reader) => {
            let start = file.as_ptr() as usize;
            loop {
                match reader.next() {
                    None => break,
                    Some(Err(reason)) => {
                        error = Some(reason);
                        break;
                    }
                    Some(Ok(packet)) => {
                        let record = packet.record;
                        // The bytes lie in the file.
                        let offset = (record.data.as_ptr() as usize).wrapping_sub(start);
                        if let Some(comment) = packet.comment {
                            comments.push((store.numbers().end, comment.to_owned()));
                        }
                        store.push_place(
                            packet.interface as u32,
                            record.at,
                            record.length,
                            offset,
                            record.data.len(),
                        );
                    }
                }
            }
            let interfaces = reader.interfaces().iter().enumerate();
            sources.extend(interfaces.map(|(index, interface)| {
                let name = match (&interface.description, interface.name.as_str()) {
                    (_, "") => format!("interface {index}"),
                    (_, name) => name.to_owned(),
                };
                let short = name.split('/').next().unwrap_or(&name).to_owned();
                Source {
                    short,
                    name,
                    link: interface.link,
                    names: Vec::new(),
                }
            }));
        }
    }
    for source in sources {
        store.add_source(source);
    }
    store.lie_in(file);
    let mut viewer = Viewer::new(store, ahead);
    for (number, comment) in comments {
        viewer.set_comment(number, &comment);
    }
    Opened { viewer, error }
}
