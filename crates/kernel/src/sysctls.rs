//! Settings of the kernel (`/proc/sys/net`): set, looked at, and given back.
//!
//! The kernel makes no event of most of them. Those that were set are looked at again and again,
//! through files that stay open: it takes no thread inside the namespace, and nothing at all where
//! nothing was set.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use nix::errno::Errno;
use topology::observed::{Interfaces, ObservedInterface, ObservedNamespace};
use topology::sysctl::{SPREADING_ON_INTERFACES, Sysctls, begins_with, setting};

use crate::error::{Context, Error, Result};
use crate::namespace::Namespace;

/// The index of every namespace's loopback (`LOOPBACK_IFINDEX`, linux/net.h).
const LOOPBACK: u32 = 1;
/// Longest value that is looked at, in bytes: a number.
const LONGEST: usize = 32;

/// The settings of one namespace and of its interfaces that were set.
#[derive(Debug, Default)]
pub(crate) struct Known(BTreeMap<Key, Kept>);

/// The index of the interface, if it is one's, and the name.
type Key = (Option<u32>, String);

#[derive(Debug)]
struct Kept {
    /// What was there before it was set first.
    before: i32,
    /// Below `/proc/sys`; the name of the interface is in it.
    path: String,
    /// Goes bad when the interface goes or gets another name.
    file: File,
}

impl Known {
    /// Sets a setting of the namespace, or of one of its interfaces, given by index and name.
    /// `None` gives back what was there before it was set first.
    pub(crate) fn set(
        &mut self,
        namespace: &Namespace,
        interface: Option<(u32, &str)>,
        name: &str,
        value: Option<i32>,
    ) -> Result<()> {
        let path = path(interface.map(|(_, name)| name), name)?;
        let key = (interface.map(|(index, _)| index), name.to_owned());
        let begun = self.begun(interface, name);
        let known = self.0.get(&key);
        let before = || begun.or_else(|| known.map(|kept| kept.before));
        let Some(new) = value.or_else(before) else {
            // It was never set.
            return Ok(());
        };
        let is_open = known.is_some_and(|kept| kept.path == path && kept.value().is_some());
        if is_open {
            namespace.sysctl_write(&path, &new.to_string())?;
        } else {
            let before = known.map(|kept| kept.before);
            let object = || format!("sysctl {path} in {namespace}");
            let opened = namespace.run(|| {
                let opened = open(&path)?;
                fs::write(file_of(&path), new.to_string())?;
                std::io::Result::Ok(opened)
            });
            let (file, found) = opened?.context("set", || format!("{} to {new}", object()))?;
            let before = match before.or(found) {
                Some(before) => before,
                None => return Err(Error::new("read", object(), "it is not a number")),
            };
            let kept = Kept { before, path, file };
            self.0.insert(key.clone(), kept);
        }
        if value.is_none() {
            self.0.remove(&key);
        }
        Ok(())
    }

    /// What a setting would be if nobody had set it, for those of which that is known.
    fn begun(&self, interface: Option<(u32, &str)>, name: &str) -> Option<i32> {
        let is_loopback = interface.is_some_and(|(index, _)| index == LOOPBACK);
        let own = self.0.iter().filter(|((index, _), _)| index.is_none());
        let own = own.filter_map(|((_, name), kept)| Some((name.clone(), kept.value()?)));
        begins_with(&own.collect(), name, is_loopback)
    }

    /// Whether there is nothing to look at.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether any value differs from what was observed last.
    pub(crate) fn differs(&self, observed: &ObservedNamespace) -> bool {
        self.0.iter().any(|((index, name), kept)| {
            let settings = match index {
                None => Some(&observed.sysctls),
                Some(index) => observed.interfaces.get(index).map(|i| &i.sysctls),
            };
            settings.and_then(|settings| settings.get(name)).copied() != kept.value()
        })
    }

    /// Looks at all of them, and writes those of interfaces to what was seen of these; forgets
    /// those that the kernel has no more. Returns the namespace's own.
    pub(crate) fn seen(
        &mut self,
        namespace: &Namespace,
        interfaces: &mut Interfaces,
    ) -> Result<Sysctls> {
        let mut own = Sysctls::new();
        let has_any = |_: &u32, interface: &ObservedInterface| !interface.sysctls.is_empty();
        for (_, interface) in interfaces.iter_mut_of(has_any) {
            let is_told = |name: &str| SPREADING_ON_INTERFACES.contains(&name);
            interface.sysctls.retain(|name, _| is_told(name));
        }
        let mut gone = Vec::new();
        for (key, kept) in &mut self.0 {
            let (index, name) = key;
            let mut interface = match index {
                Some(index) => match interfaces.get_mut(index) {
                    Some(interface) => Some(interface),
                    None => {
                        gone.push(key.clone());
                        continue;
                    }
                },
                None => None,
            };
            let path = path(interface.as_ref().map(|i| i.name.as_str()), name)?;
            let mut value = kept.value();
            if value.is_none() || path != kept.path {
                // Another name, or made again.
                match namespace.run(|| open(&path))? {
                    Ok((file, found)) => {
                        value = found;
                        *kept = Kept {
                            before: kept.before,
                            path,
                            file,
                        };
                    }
                    Err(error) if is_gone(&error) => {
                        // Since the interfaces were looked at it may have got another name: the
                        // event of that brings the next look, which finds it.
                        let name = interface.as_ref().map(|i| i.name.as_str().to_owned());
                        if let Some(name) = name
                            && !namespace.run(|| has_settings(&name))?
                        {
                            continue;
                        }
                    }
                    Err(error) => {
                        let object = || format!("sysctl {path} in {namespace}");
                        return Err(error).context("read", object);
                    }
                }
            }
            let settings = interface.as_mut().map_or(&mut own, |i| &mut i.sysctls);
            match value {
                Some(value) => drop(settings.insert(name.clone(), value)),
                None => gone.push(key.clone()),
            }
        }
        for key in gone {
            self.0.remove(&key);
        }
        // They are told with the links: what nobody has set is as it begins.
        for (index, interface) in interfaces.iter_mut_of(has_any) {
            for name in SPREADING_ON_INTERFACES {
                let Some(told) = interface.sysctls.get(name).copied() else {
                    continue;
                };
                let is_begun = begins_with(&own, name, *index == LOOPBACK) == Some(told);
                if is_begun && !self.0.contains_key(&(Some(*index), name.to_owned())) {
                    interface.sysctls.remove(name);
                }
            }
        }
        Ok(own)
    }
}

impl Kept {
    /// `None`: the file is bad.
    fn value(&self) -> Option<i32> {
        read(&self.file)
    }
}

fn read(file: &File) -> Option<i32> {
    let mut buffer = [0; LONGEST];
    let length = file.read_at(&mut buffer, 0).ok()?;
    let text = std::str::from_utf8(buffer.get(..length)?).ok()?;
    text.trim().parse().ok()
}

/// Opens one, in the namespace of the calling thread, and reads it.
fn open(path: &str) -> std::io::Result<(File, Option<i32>)> {
    let file = File::open(file_of(path))?;
    let value = read(&file);
    Ok((file, value))
}

fn file_of(path: &str) -> String {
    format!("/proc/sys/{path}")
}

/// Whether there is an interface of that name: all have settings of IPv4.
fn has_settings(interface: &str) -> bool {
    Path::new("/proc/sys/net/ipv4/conf")
        .join(interface)
        .exists()
}

fn is_gone(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(Errno::ENOENT as i32)
}

fn path(interface: Option<&str>, name: &str) -> Result<String> {
    let known = setting(name, interface.is_some());
    let known = known.map_err(|error| Error::new("find", format!("the setting {name}"), error))?;
    Ok(known.path(interface))
}
