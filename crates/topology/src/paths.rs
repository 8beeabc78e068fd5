//! Paths of files that are read together, as text: no file system is asked.

/// The folder of a path; empty if it has none.
pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path as it is from a folder; both are from the same one.
pub(crate) fn from(folder: &str, path: &str) -> String {
    let parts = |path: &str| -> Vec<String> {
        let parts = path.split('/').filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    let (folder, path) = (parts(folder), parts(path));
    let pairs = folder.iter().zip(&path);
    let same = pairs.take_while(|(a, b)| a == b).count();
    let up = folder.iter().skip(same).map(|_| "..".to_owned());
    let down = path.iter().skip(same).cloned();
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// A path without `.`, and without `..` where it leads back.
pub(crate) fn plain(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            // There is nothing above the root.
            ".." if path.starts_with('/') => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (path.starts_with('/'), joined.as_str()) {
        (true, _) => format!("/{joined}"),
        (false, "") => ".".to_owned(),
        (false, _) => joined,
    }
}
