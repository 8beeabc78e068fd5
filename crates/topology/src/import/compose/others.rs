//! Other files that a Compose file includes, and services that extend others.
//!
//! What comes of another file is told of the line that brought it: the reports name lines of one
//! file.

use super::super::tree::Value;
use super::{BTreeSet, Beside, Builder, Entry, Tree, interpolate, parse};
use crate::paths::{folder, plain};

/// How deep files and services may build on others.
const MOST_DEEP: usize = 16;
/// Most services that are built on others, counted each time.
const MOST_MERGED: usize = 4096;

/// Keys that only the service itself has, of which nothing is taken from the one that it extends.
const OWN: [&str; 2] = ["depends_on", "profiles"];
/// What of a file is put together with what another has.
const TOGETHER: [&str; 2] = ["services", "networks"];

/// The other files.
pub(super) struct Others<'a> {
    beside: &'a Beside,
    wanted: BTreeSet<String>,
    merged: usize,
}

impl<'a> Others<'a> {
    pub(super) fn new(beside: &'a Beside) -> Self {
        Self {
            beside,
            wanted: BTreeSet::new(),
            merged: 0,
        }
    }

    /// Those that are not there, by their paths from the folder of the first.
    pub(super) fn wanted(self) -> Vec<String> {
        self.wanted.into_iter().collect()
    }

    /// The file with all that it includes and extends in it.
    pub(super) fn merged(&mut self, builder: &mut Builder, tree: Tree) -> Tree {
        self.whole(builder, tree, "", 0)
    }

    /// The same of one that lies in a folder.
    fn whole(&mut self, builder: &mut Builder, mut tree: Tree, at: &str, depth: usize) -> Tree {
        let names: Vec<String> = services(&tree).map(|entry| entry.key.clone()).collect();
        for name in names {
            if let Some(service) = self.service(builder, &tree, &name, at, depth) {
                put(&mut tree, "services", &name, service);
            }
        }
        let included: Vec<(usize, String)> = tree.get("include").map(paths).unwrap_or_default();
        for (line, path) in included {
            builder.at(line);
            let Some(other) = self.file(builder, "include", &path, at, line, depth) else {
                continue;
            };
            let at = plain(format!("{at}/{path}").trim_start_matches('/'));
            let other = self.whole(builder, other, folder(&at), depth + 1);
            for key in TOGETHER {
                for entry in other.get(key).map(Tree::entries).unwrap_or_default() {
                    let mine = tree.path(&[key, &entry.key]);
                    if mine.is_some_and(|mine| !mine.is_same(&entry.value)) {
                        builder.refuse(
                            format!("{} of {path}", entry.key),
                            format!("{key} has another of this name"),
                        );
                    }
                    put(&mut tree, key, &entry.key, entry.value.clone());
                }
            }
        }
        tree
    }

    /// A service with what it extends; `None` if it extends nothing or cannot.
    fn service(
        &mut self,
        builder: &mut Builder,
        tree: &Tree,
        name: &str,
        at: &str,
        depth: usize,
    ) -> Option<Tree> {
        let own = tree.path(&["services", name])?;
        let extends = own.get("extends")?;
        builder.at(extends.line);
        let what = format!("extends of {name}");
        self.merged += 1;
        if depth >= MOST_DEEP || self.merged > MOST_MERGED {
            builder.refuse(what, "it builds on too many others: does it end?");
            return None;
        }
        let Some(base) = extends.text().or_else(|| extends.text_of("service")) else {
            builder.refuse(what, "it names no service");
            return None;
        };
        let found = match extends.text_of("file") {
            Some(path) => {
                let other = self.file(builder, &what, path, at, extends.line, depth)?;
                let at = plain(format!("{at}/{path}").trim_start_matches('/'));
                let whole = self.service(builder, &other, base, folder(&at), depth + 1);
                whole.or_else(|| other.path(&["services", base]).cloned())
            }
            None if base == name => None,
            None => {
                let whole = self.service(builder, tree, base, at, depth + 1);
                whole.or_else(|| tree.path(&["services", base]).cloned())
            }
        };
        match found {
            Some(found) => Some(over(found, own)),
            None => {
                builder.refuse(
                    what,
                    format!("there is no service `{base}` that it could extend"),
                );
                None
            }
        }
    }

    /// Another file, whose lines are all the one that brought it.
    fn file(
        &mut self,
        builder: &mut Builder,
        what: &str,
        path: &str,
        at: &str,
        line: usize,
        depth: usize,
    ) -> Option<Tree> {
        let place = plain(format!("{at}/{path}").trim_start_matches('/'));
        let Some(text) = self.beside.get(&place) else {
            builder.refuse(
                what,
                format!("the file `{path}` is not known here: give it together with this one"),
            );
            if !place.starts_with('/') {
                self.wanted.insert(place);
            }
            return None;
        };
        if depth >= MOST_DEEP {
            builder.refuse(
                what,
                format!("files include files more than {MOST_DEEP} deep"),
            );
            return None;
        }
        match parse(&place, text) {
            Ok(mut tree) => {
                tree.set_line(line);
                interpolate(builder, &mut tree);
                Some(tree)
            }
            Err(refusal) => {
                builder.refuse(
                    what,
                    format!("{path}, line {}: {}", refusal.line, refusal.reason),
                );
                None
            }
        }
    }
}

fn services(tree: &Tree) -> impl Iterator<Item = &Entry> {
    let services = tree.get("services").map(Tree::entries).unwrap_or_default();
    services.iter()
}

/// The paths of `include`: a text each, or a `path` with one or several.
fn paths(include: &Tree) -> Vec<(usize, String)> {
    let of = |item: &Tree| -> Vec<(usize, String)> {
        let paths = item.get("path").map_or_else(|| vec![item], Tree::list);
        let texts = paths.into_iter().filter_map(|path| {
            let text = path.text()?;
            Some((item.line, text.to_owned()))
        });
        texts.collect()
    };
    include.list().into_iter().flat_map(of).collect()
}

/// Puts a value under a key of a part of a file, in the place of what is there.
fn put(tree: &mut Tree, part: &str, key: &str, value: Tree) {
    let line = value.line;
    let Value::Map(parts) = &mut tree.value else {
        return;
    };
    if !parts.iter().any(|entry| entry.key == part) {
        parts.push(Entry {
            key: part.to_owned(),
            line,
            value: Tree {
                line,
                value: Value::Map(Vec::new()),
            },
        });
    }
    let Some(place) = parts.iter_mut().find(|entry| entry.key == part) else {
        return;
    };
    if !matches!(place.value.value, Value::Map(_)) {
        place.value.value = Value::Map(Vec::new());
    }
    if let Value::Map(entries) = &mut place.value.value {
        match entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => entry.value = value,
            None => entries.push(Entry {
                key: key.to_owned(),
                line,
                value,
            }),
        }
    }
}

/// What a service has over the one that it extends: maps are put together, lists are added, and
/// else its own counts.
fn over(mut base: Tree, own: &Tree) -> Tree {
    if let Value::Map(entries) = &mut base.value {
        entries.retain(|entry| !OWN.contains(&entry.key.as_str()) && entry.key != "extends");
    }
    let mut all = together(base, own);
    if let Value::Map(entries) = &mut all.value {
        entries.retain(|entry| entry.key != "extends");
    }
    all
}

fn together(base: Tree, own: &Tree) -> Tree {
    let line = own.line;
    let value = match (base.value, &own.value) {
        (Value::Map(mut entries), Value::Map(more)) => {
            for entry in more {
                let place = entries.iter().position(|known| known.key == entry.key);
                match place {
                    Some(place) => {
                        let known = entries.remove(place);
                        let value = together(known.value, &entry.value);
                        entries.insert(
                            place,
                            Entry {
                                value,
                                ..entry.clone()
                            },
                        );
                    }
                    None => entries.push(entry.clone()),
                }
            }
            Value::Map(entries)
        }
        (Value::List(mut items), Value::List(more)) => {
            for item in more {
                if !items.iter().any(|known| known.is_same(item)) {
                    items.push(item.clone());
                }
            }
            Value::List(items)
        }
        // `networks` as a list and as a map are the same.
        (Value::List(items), Value::Map(_)) => {
            return together(keyed(items, line), own);
        }
        (Value::Map(entries), Value::List(items)) => {
            let base = Tree {
                line,
                value: Value::Map(entries),
            };
            return together(base, &keyed(items.clone(), line));
        }
        (_, own) => own.clone(),
    };
    Tree { line, value }
}

/// A list as a map without values; `KEY=VALUE` with one.
fn keyed(items: Vec<Tree>, line: usize) -> Tree {
    let entries = items.into_iter().filter_map(|item| {
        let text = item.text()?.to_owned();
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key.to_owned(), Value::Text(value.to_owned())),
            None => (text, Value::Nothing),
        };
        Some(Entry {
            key,
            line: item.line,
            value: Tree {
                line: item.line,
                value,
            },
        })
    });
    Tree {
        line,
        value: Value::Map(entries.collect()),
    }
}
