//! Pure: documents, edits, plans, commands in and out.
