//! Labs in the store.

use protocol::lab::LabId;
use rusqlite::{Connection, OptionalExtension, params};
use topology::{Document, Edit};

use super::{SNAPSHOT_EVERY, Store, StoreError, now, signed, unsigned};

/// Edits of a lab that are kept: those before have long been part of the stored document.
const KEPT_EDITS: u64 = 10_000;

/// A lab as the store has it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredLab {
    /// Its document.
    pub document: Document,
    /// The revision that the document is.
    pub revision: u64,
}

/// A line of the list of labs.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSummary {
    /// The lab.
    pub id: LabId,
    /// Its title.
    pub title: String,
    /// Namespaces besides the host.
    pub namespaces: usize,
    /// Links.
    pub links: usize,
    /// Of the last edit, in seconds since the Unix epoch.
    pub edited_at: u64,
}

/// An edit to be stored, and the document that it made.
#[derive(Debug)]
pub struct NewEdit<'a> {
    /// The lab.
    pub lab: &'a LabId,
    /// The revision that the edit made: one more than that before.
    pub revision: u64,
    /// The browser that sent it.
    pub author: u64,
    /// The edit.
    pub edit: &'a Edit,
    /// The document after it.
    pub document: &'a Document,
}

impl Store {
    /// Every lab, the one edited last first.
    pub async fn list(&self) -> Result<Vec<StoredSummary>, StoreError> {
        self.run("list the labs", |connection| {
            let sql = "SELECT id, title, namespaces, links, edited_at FROM labs ORDER BY edited_at DESC, id";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| {
                Ok(StoredSummary {
                    id: LabId(row.get(0)?),
                    title: row.get(1)?,
                    namespaces: unsigned(row.get(2)?) as usize,
                    links: unsigned(row.get(3)?) as usize,
                    edited_at: unsigned(row.get(4)?),
                })
            })?;
            rows.collect()
        })
        .await
    }

    /// Stores a new lab unless there are `most` already; says whether it did.
    pub async fn create(
        &self,
        id: LabId,
        document: &Document,
        most: usize,
    ) -> Result<bool, StoreError> {
        let json = as_json("store the lab", document)?;
        let (title, namespaces, links) = facts(document);
        self.run("store the lab", move |connection| {
            let there: i64 =
                connection.query_row("SELECT count(*) FROM labs", [], |row| row.get(0))?;
            if unsigned(there) as usize >= most {
                return Ok(false);
            }
            let sql =
                "INSERT INTO labs (id, title, namespaces, links, created_at, edited_at, revision,
                       document, document_revision) VALUES (?1, ?2, ?3, ?4, ?5, ?5, 0, ?6, 0)";
            let mut statement = connection.prepare_cached(sql)?;
            statement.execute(params![id.0, title, namespaces, links, signed(now()), json])?;
            Ok(true)
        })
        .await
    }

    /// Appends an edit; on disk when this returns.
    pub async fn append(&self, new: NewEdit<'_>) -> Result<(), StoreError> {
        let action = "store the edit";
        let edit = as_json(action, new.edit)?;
        let whole = new.revision.is_multiple_of(SNAPSHOT_EVERY);
        let document = whole.then(|| as_json(action, new.document)).transpose()?;
        let (title, namespaces, links) = facts(new.document);
        let (lab, revision, author) = (new.lab.0.clone(), signed(new.revision), signed(new.author));
        self.run(action, move |connection| {
            let at = signed(now());
            let sql = "UPDATE labs SET title = ?3, namespaces = ?4, links = ?5, edited_at = ?6,
                       revision = ?2 WHERE id = ?1 AND revision = ?2 - 1";
            let mut statement = connection.prepare_cached(sql)?;
            if statement.execute(params![lab, revision, title, namespaces, links, at])? != 1 {
                // The lab is not there, or somebody else wrote it: never two lines of history.
                return Err(rusqlite::Error::StatementChangedRows(0));
            }
            let sql =
                "INSERT INTO edits (lab, revision, at, author, edit) VALUES (?1, ?2, ?3, ?4, ?5)";
            connection
                .prepare_cached(sql)?
                .execute(params![lab, revision, at, author, edit])?;
            if let Some(document) = document {
                let sql = "UPDATE labs SET document = ?2, document_revision = ?3 WHERE id = ?1";
                connection
                    .prepare_cached(sql)?
                    .execute(params![lab, document, revision])?;
                let sql = "DELETE FROM edits WHERE lab = ?1 AND revision <= ?2";
                let oldest = revision.saturating_sub(signed(KEPT_EDITS));
                connection
                    .prepare_cached(sql)?
                    .execute(params![lab, oldest])?;
            }
            Ok(())
        })
        .await
    }

    /// Reads a lab and checks all of it; `None` if there is no such lab.
    pub async fn load(&self, id: &LabId) -> Result<Option<StoredLab>, StoreError> {
        let wanted = id.clone();
        let rows = self
            .run("read the lab", move |connection| {
                read_rows(connection, &wanted)
            })
            .await?;
        let Some(rows) = rows else { return Ok(None) };
        let lab = id.clone();
        // A document at its limits takes a while to read: not on a thread that serves others.
        let built = tokio::task::spawn_blocking(move || {
            build(rows).map_err(|why| StoreError::Corrupt { lab: lab.0, why })
        });
        built
            .await
            .map_err(|_| StoreError::Closed {
                action: "read the lab",
            })?
            .map(Some)
    }

    /// Removes a lab and its edits.
    pub async fn delete(&self, id: LabId) -> Result<(), StoreError> {
        self.run("delete the lab", move |connection| {
            connection
                .prepare_cached("DELETE FROM labs WHERE id = ?1")?
                .execute([id.0])?;
            Ok(())
        })
        .await
    }
}

/// A lab as it lies in the tables.
struct Rows {
    document: String,
    document_revision: i64,
    revision: i64,
    edits: Vec<(i64, String)>,
}

fn read_rows(connection: &Connection, id: &LabId) -> rusqlite::Result<Option<Rows>> {
    let sql = "SELECT document, document_revision, revision FROM labs WHERE id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row([&id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let Some((document, document_revision, revision)) = found.optional()? else {
        return Ok(None);
    };
    let sql = "SELECT revision, edit FROM edits WHERE lab = ?1 AND revision > ?2 ORDER BY revision";
    let mut statement = connection.prepare_cached(sql)?;
    let edits = statement.query_map(params![id.0, document_revision], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let edits = edits.collect::<rusqlite::Result<_>>()?;
    Ok(Some(Rows {
        document,
        document_revision,
        revision,
        edits,
    }))
}

/// The document, with the edits after it applied again.
fn build(rows: Rows) -> Result<StoredLab, String> {
    let mut document: Document =
        serde_json::from_str(&rows.document).map_err(|error| format!("its document: {error}"))?;
    document
        .validate()
        .map_err(|error| format!("its document: {error}"))?;
    let mut revision = rows.document_revision;
    for (number, text) in rows.edits {
        if number != revision + 1 {
            return Err(format!("edit {} is missing", revision + 1));
        }
        let edit: Edit =
            serde_json::from_str(&text).map_err(|error| format!("edit {number}: {error}"))?;
        topology::edit::apply(&mut document, edit)
            .map_err(|error| format!("edit {number}: {error}"))?;
        revision = number;
    }
    if revision != rows.revision {
        return Err(format!("edit {} is missing", revision + 1));
    }
    Ok(StoredLab {
        document,
        revision: unsigned(revision),
    })
}

/// What the list of labs shows: title, namespaces besides the host, links.
fn facts(document: &Document) -> (String, i64, i64) {
    let namespaces = document.namespaces.len().saturating_sub(1) as u64;
    (
        document.title.clone(),
        signed(namespaces),
        signed(document.links().count() as u64),
    )
}

fn as_json<T: serde::Serialize>(action: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Sqlite {
        action,
        error: error.to_string(),
    })
}
