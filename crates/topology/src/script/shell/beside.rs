//! Where a script lies, and the files that lie beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::paths::plain;

/// Most files of which it is remembered that they are not there.
const MOST_WANTED: usize = 1_000;

/// The files beside a script, by their paths from its folder: `lib.sh`, `../lib.sh`.
#[derive(Clone, Debug, Default)]
pub(super) struct Beside {
    files: Rc<BTreeMap<String, String>>,
    /// Where `cd` went; empty is the script's folder.
    folder: String,
    /// What was to be read and is not there.
    wanted: BTreeSet<String>,
}

impl Beside {
    pub(super) fn new(files: BTreeMap<String, String>) -> Self {
        Self {
            files: Rc::new(files),
            ..Self::default()
        }
    }

    /// Where a path leads: from the script's folder, if it does not begin with `/`.
    pub(super) fn place(&self, path: &str) -> String {
        match path.starts_with('/') || self.folder.is_empty() {
            true => plain(path),
            false => plain(&format!("{}/{path}", self.folder)),
        }
    }

    pub(super) fn get(&self, place: &str) -> Option<&String> {
        self.files.get(place)
    }

    /// Whether there is a file; `None` if that is not known, as nothing came with the script.
    pub(super) fn has(&self, place: &str) -> Option<bool> {
        let is_known = !self.files.is_empty() && !place.starts_with('/');
        match self.files.contains_key(place) {
            true => Some(true),
            false => is_known.then_some(false),
        }
    }

    /// Remembers that a file was to be read and is not there.
    pub(super) fn want(&mut self, place: String) {
        if !place.starts_with('/') && place != "-" && self.wanted.len() < MOST_WANTED {
            self.wanted.insert(place);
        }
    }

    pub(super) fn wanted(&self) -> &BTreeSet<String> {
        &self.wanted
    }

    /// `cd`
    pub(super) fn enter(&mut self, folder: &str) {
        self.folder = match plain(folder).as_str() {
            "." => String::new(),
            _ => self.place(folder),
        };
        if self.folder == "." {
            self.folder.clear();
        }
    }

    /// Where it is, as `pwd` says it.
    pub(super) fn folder(&self) -> &str {
        match self.folder.as_str() {
            "" => ".",
            folder => folder,
        }
    }

    /// Goes to a place that [`Beside::folder`] said.
    pub(super) fn set_folder(&mut self, folder: &str) {
        match folder {
            "." => self.folder.clear(),
            folder => folder.clone_into(&mut self.folder),
        }
    }
}
