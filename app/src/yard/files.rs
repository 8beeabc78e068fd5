//! Files that are dropped on the page or pasted into it: one, several, a folder, an archive.

use js_sys::{Array, Function, Promise};
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::lab::NewFile;
use topology::yaml::MAX_TEXT_BYTES;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DataTransfer, File, FileReader, FileSystemDirectoryEntry, FileSystemEntry, FileSystemFileEntry,
};

/// Most files that are taken; a folder of a programmer's may hold many more that are none of a lab.
const MOST_FILES: usize = 4096;

/// What comes of a drop: the files, or why they cannot be read.
pub(crate) type Dropped = Callback<Result<Vec<NewFile>, String>>;

/// Whether something that could be dropped is over the page; what is dropped goes to `done`.
pub(crate) fn listen(done: Dropped) -> RwSignal<bool> {
    let over = RwSignal::new(false);
    let entered = window_event_listener(ev::dragover, move |event| {
        if event.data_transfer().is_some_and(|data| has_files(&data)) {
            event.prevent_default();
            over.set(true);
        }
    });
    let left = window_event_listener(ev::dragleave, move |event| {
        // The last thing that is left is the window.
        if event.related_target().is_none() {
            over.set(false);
        }
    });
    let dropped = window_event_listener(ev::drop, move |event| {
        let Some(data) = event.data_transfer().filter(has_files) else {
            return;
        };
        event.prevent_default();
        over.set(false);
        take(&data, done);
    });
    on_cleanup(move || {
        entered.remove();
        left.remove();
        dropped.remove();
    });
    over
}

/// Whether files are carried.
pub(crate) fn has_files(data: &DataTransfer) -> bool {
    let types = data.types();
    types
        .iter()
        .any(|kind| kind.as_string().as_deref() == Some("Files"))
}

/// Reads what is carried.
pub(crate) fn take(data: &DataTransfer, done: Dropped) {
    // The browser forgets them when this event is over: first of all they are held.
    let items = data.items();
    let mut entries = Vec::new();
    for index in 0..items.length() {
        let entry = items.get(index).map(|item| item.webkit_get_as_entry());
        entries.extend(entry.and_then(Result::ok).flatten());
    }
    let files = data.files();
    let plain: Vec<File> = files
        .map(|files| (0..files.length()).filter_map(|i| files.get(i)).collect())
        .unwrap_or_default();
    spawn_local(async move {
        let read = match entries.is_empty() {
            true => read_plain(plain).await,
            false => read_entries(entries).await,
        };
        done.try_run(read);
    });
}

async fn read_plain(files: Vec<File>) -> Result<Vec<NewFile>, String> {
    let mut read = Vec::new();
    let mut room = MAX_TEXT_BYTES as f64;
    for file in files {
        read.push(content(file.name(), &file, &mut room).await?);
    }
    Ok(read)
}

async fn read_entries(mut entries: Vec<FileSystemEntry>) -> Result<Vec<NewFile>, String> {
    let mut read = Vec::new();
    let mut room = MAX_TEXT_BYTES as f64;
    while let Some(entry) = entries.pop() {
        let path = entry.full_path().trim_start_matches('/').to_owned();
        // What an editor or a version control keeps there is none of a lab's.
        let is_hidden = entry.name().starts_with('.');
        if is_hidden {
            continue;
        }
        if entry.is_directory() {
            entries.extend(inside(entry.unchecked_into(), &path).await?);
            continue;
        }
        let entry: FileSystemFileEntry = entry.unchecked_into();
        let found = called(&path, |done, failed| {
            entry.file_with_callback_and_callback(done, failed);
        });
        let file: File = found.await?.unchecked_into();
        read.push(content(path, &file, &mut room).await?);
        if read.len() > MOST_FILES {
            return Err(format!(
                "More than {MOST_FILES} files cannot be read at once"
            ));
        }
    }
    read.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(read)
}

/// What is in a folder: a reader gives a hundred at a time, and nothing at the end.
async fn inside(
    folder: FileSystemDirectoryEntry,
    path: &str,
) -> Result<Vec<FileSystemEntry>, String> {
    let reader = folder.create_reader();
    let mut all = Vec::new();
    loop {
        let some = called(path, |done, failed| {
            // A reader that fails says so to the second one.
            let _ = reader.read_entries_with_callback_and_callback(done, failed);
        });
        let some: Array = some.await?.unchecked_into();
        if some.length() == 0 || all.len() > MOST_FILES {
            return Ok(all);
        }
        all.extend(some.iter().map(JsCast::unchecked_into::<FileSystemEntry>));
    }
}

/// Waits for what a function gives to the first of two others; the second one gets what is wrong.
async fn called(path: &str, call: impl Fn(&Function, &Function)) -> Result<JsValue, String> {
    let promise = Promise::new(&mut |done, failed| call(&done, &failed));
    JsFuture::from(promise)
        .await
        .map_err(|_| format!("{path} cannot be read"))
}

async fn content(path: String, file: &File, room: &mut f64) -> Result<NewFile, String> {
    *room -= file.size();
    if *room < 0.0 {
        return Err(format!(
            "{path}: more than {MAX_TEXT_BYTES} bytes in all cannot be read"
        ));
    }
    let reader = FileReader::new().map_err(|_| format!("{path} cannot be read"))?;
    let finished = called(&path, |done, failed| {
        reader.set_onload(Some(done));
        reader.set_onerror(Some(failed));
        // It was made just now: it is not busy.
        let _ = reader.read_as_data_url(file);
    });
    finished.await?;
    let text = reader.result().ok().and_then(|text| text.as_string());
    let text = text.unwrap_or_default();
    // `data:text/plain;base64,…`; an empty file has nothing after the colon.
    let base64 = text.split_once(',').map(|(_, base64)| base64.to_owned());
    Ok(NewFile {
        path,
        base64: base64.unwrap_or_default(),
    })
}
