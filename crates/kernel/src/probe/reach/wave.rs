//! A wave: requests of many namespaces at a time, and their answers.

use std::io;
use std::num::NonZero;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use super::ends::{Ends, Meeting};
use super::row::Row;
use crate::error::{Context, Error, Result};

/// Requests of one namespace that are sent before its answers are taken: they fit in a socket.
const BURST: usize = 64;
/// Threads that send and listen: the kernel does the whole way of a packet within the send, so
/// more than there are processors only wait for each other.
const MOST_THREADS: usize = 4;
/// How long a socket without room is waited for, before what is left of its requests counts as
/// lost: its packets wait for neighbours that do not answer.
const FULL: Duration = Duration::from_millis(50);

/// Sends what has not been answered of all `meetings`, and listens until everything has been or
/// nothing has come for `patience`.
pub(super) fn send(
    rows: &mut [Row],
    ends: &Ends,
    meetings: &[Meeting],
    patience: Duration,
) -> Result<()> {
    let mut todo = vec![[Vec::new(), Vec::new()]; rows.len()];
    for meeting in meetings {
        // The one with the lower place asks first: its neighbour discovery teaches both.
        for (half, (source, targets)) in meeting.directions().enumerate() {
            let lists = todo.get_mut(source).and_then(|lists| lists.get_mut(half));
            if let Some(list) = lists {
                list.extend(targets);
            }
        }
    }
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = threads.min(MOST_THREADS).min(rows.len().div_ceil(8)).max(1);
    let mut parts: Vec<Part<'_>> = (0..threads).map(|_| Part::new(ends, patience)).collect();
    for (row, mut todo) in rows.iter_mut().zip(todo) {
        for list in &mut todo {
            list.retain(|target| row.waits(*target));
        }
        row.open = todo.iter().map(Vec::len).sum();
        let shortest = parts.iter_mut().min_by_key(|part| part.rows.len());
        if row.open > 0
            && let Some(part) = shortest
        {
            part.rows.push((row, todo));
        }
    }
    let object = || "requests of all namespaces";
    let failed = || Error::new("send", object(), "a thread of it ended early");
    thread::scope(|scope| {
        let mut own = parts.pop();
        let others: Vec<_> = parts
            .iter_mut()
            .map(|part| scope.spawn(move || part.run()))
            .collect();
        let mut result = own
            .as_mut()
            .map_or(Ok(()), Part::run)
            .context("send", object);
        for other in others {
            let other = other.join().map_err(|_| failed());
            result = result.and(other.and_then(|other| other.context("send", object)));
        }
        result
    })
}

/// The rows that one thread sends and listens for.
struct Part<'a> {
    ends: &'a Ends,
    patience: Duration,
    rows: Vec<(&'a mut Row, [Vec<usize>; 2])>,
}

impl<'a> Part<'a> {
    fn new(ends: &'a Ends, patience: Duration) -> Self {
        Self {
            ends,
            patience,
            rows: Vec::new(),
        }
    }

    fn run(&mut self) -> io::Result<()> {
        for half in 0..2 {
            for (row, todo) in &mut self.rows {
                let todo = todo.get(half).map_or(&[][..], Vec::as_slice);
                for burst in todo.chunks(BURST) {
                    for target in burst {
                        let address = self.ends.targets.get(*target);
                        if let Some(address) = address.map(|target| target.info.address) {
                            send_one(row, *target, address)?;
                        }
                    }
                    row.receive()?;
                }
            }
        }
        self.listen()
    }

    fn listen(&mut self) -> io::Result<()> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let mut open = 0;
        for (place, (row, _)) in (0..).zip(&mut self.rows) {
            row.receive()?;
            open += row.open;
            epoll.add(&row.socket, EpollEvent::new(EpollFlags::EPOLLIN, place))?;
        }
        let mut last = Instant::now();
        while open > 0 {
            let Some(left) = self.patience.checked_sub(last.elapsed()) else {
                break;
            };
            // Rounded up: a wait of nothing would be one without end of this loop.
            let left = u16::try_from(left.as_millis() + 1).unwrap_or(u16::MAX);
            let mut events = [EpollEvent::empty(); 64];
            let ready = match epoll.wait(&mut events, EpollTimeout::from(left)) {
                Err(nix::errno::Errno::EINTR) => continue,
                other => other?,
            };
            for event in events.iter().take(ready) {
                let place = usize::try_from(event.data()).unwrap_or(usize::MAX);
                if let Some((row, _)) = self.rows.get_mut(place) {
                    let before = row.open;
                    if row.receive()? {
                        last = Instant::now();
                    }
                    open -= before.saturating_sub(row.open).min(open);
                }
            }
        }
        Ok(())
    }
}

/// Sends one request, and waits for room if its socket has none.
fn send_one(row: &mut Row, target: usize, address: std::net::IpAddr) -> io::Result<()> {
    let begun = Instant::now();
    while !row.send(target, address) {
        if begun.elapsed() > FULL {
            break;
        }
        row.receive()?;
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}
