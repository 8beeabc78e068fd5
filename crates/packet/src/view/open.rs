//! A capture file in the viewer.

use crate::pcapng::{Error, Position, Reader};

use super::source::Source;
use super::store::Store;
use super::viewer::Viewer;

/// What came of opening a file.
#[derive(Debug)]
pub struct Opened {
    /// What could be read.
    pub viewer: Viewer,
    /// Why not all of it could.
    pub error: Option<Error>,
}

/// A file that comes in pieces: what has come is shown while the rest is on its way.
#[derive(Debug)]
pub struct Opening {
    /// The length of the file in bytes.
    whole: usize,
    position: Option<Position>,
    error: Option<Error>,
}

/// Opens a pcap or pcapng file. `ahead` is what local time is ahead of UTC, in seconds. What is broken is read
/// up to there.
#[must_use]
pub fn open(file: Vec<u8>, ahead: i32) -> Opened {
    let (mut opening, mut viewer) = Opening::new(file.len(), ahead);
    opening.more(&mut viewer, |place| *place = file);
    Opened {
        viewer,
        error: opening.error,
    }
}

impl Opening {
    /// A file of that length in bytes, of which nothing has come, and a viewer for it.
    #[must_use]
    pub fn new(whole: usize, ahead: i32) -> (Self, Viewer) {
        let store = Store::new(usize::MAX, usize::MAX);
        let opening = Self {
            whole,
            position: None,
            error: None,
        };
        (opening, Viewer::new(store, ahead))
    }

    /// Why not all of the file can be read, as far as is known.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Takes the next piece of the file, which `append` puts behind what has come.
    pub fn more(&mut self, viewer: &mut Viewer, append: impl FnOnce(&mut Vec<u8>)) {
        let mut file = viewer.store.take_file();
        append(&mut file);
        if self.error.is_none() {
            self.read(&file, viewer);
        }
        viewer.store.lie_in(file);
    }

    fn read(&mut self, file: &[u8], viewer: &mut Viewer) {
        let mut reader = match self.position.take() {
            Some(position) => Reader::resume(file, position),
            None => match Reader::new(file) {
                Ok(reader) => reader,
                Err(reason) => {
                    // The first piece may be too short to tell what it is.
                    self.error = (file.len() >= self.whole).then_some(reason);
                    return;
                }
            },
        };
        let start = file.as_ptr() as usize;
        loop {
            match reader.next() {
                None => break,
                Some(Err(Error::Truncated { .. })) if file.len() < self.whole => break,
                Some(Err(reason)) => {
                    self.error = Some(reason);
                    break;
                }
                Some(Ok(packet)) => {
                    let record = packet.record;
                    // The bytes lie in the file.
                    let offset = (record.data.as_ptr() as usize).wrapping_sub(start);
                    let number = viewer.store.numbers().end;
                    viewer.store.push_place(
                        packet.interface as u32,
                        record.at,
                        record.length,
                        offset,
                        record.data.len(),
                    );
                    if let Some(comment) = packet.comment {
                        viewer.set_comment(number, comment);
                    }
                }
            }
        }
        let known = viewer.store.sources().len();
        for (index, interface) in reader.interfaces().iter().enumerate().skip(known) {
            let name = match (&interface.description, interface.name.as_str()) {
                (_, "") => format!("interface {index}"),
                (_, name) => name.to_owned(),
            };
            viewer.add_source(Source {
                short: name.split('/').next().unwrap_or(&name).to_owned(),
                name,
                link: interface.link,
                names: Vec::new(),
            });
        }
        if known < 2 && viewer.store.sources().len() > 1 {
            viewer.set_one_row(true);
        }
        self.position = Some(reader.stop());
    }
}
