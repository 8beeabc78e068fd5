//! Commands that the readers of other formats run in a namespace of the lab that they build.

use std::collections::BTreeMap;

use super::input_output::Io;
use super::{Note, ScriptError, Shell, Status};
use crate::id::NamespaceId;
use crate::name::NamespaceName;
use crate::script::offer::Tried;

/// What came of running something.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// What was noted.
    pub(crate) notes: Vec<Note>,
    /// What cannot be taken.
    pub(crate) errors: Vec<ScriptError>,
    /// What was pinged.
    pub(crate) tried: Vec<Tried>,
}

impl Shell {
    /// One for a lab that is built of more than a script; it ends after a number of changes.
    pub(crate) fn for_import(limit: usize) -> Self {
        Self::new(limit)
    }

    /// Does one command, which must succeed.
    ///
    /// # Errors
    /// Why it cannot be done.
    pub(crate) fn command_in(&mut self, here: NamespaceId, argv: &[String]) -> Result<(), String> {
        self.command_with(here, argv, None)
    }

    /// Does one command, which reads this and must succeed.
    ///
    /// # Errors
    /// Why it cannot be done.
    pub(crate) fn command_with(
        &mut self,
        here: NamespaceId,
        argv: &[String],
        input: Option<&str>,
    ) -> Result<(), String> {
        let before = std::mem::replace(&mut self.here, here);
        let lenient = std::mem::take(&mut self.is_lenient);
        self.act_on(argv, input);
        self.here = before;
        self.is_lenient = lenient;
        match self.outcome().errors.into_iter().next() {
            Some(error) => Err(error.reason),
            None => Ok(()),
        }
    }

    /// Runs the text of a script as it would be run in a container: it sees these files, and goes
    /// on where a command fails.
    pub(crate) fn script_in(
        &mut self,
        here: NamespaceId,
        files: &BTreeMap<String, String>,
        text: &str,
    ) -> Outcome {
        self.begin(here, files);
        self.run(text);
        self.end()
    }

    /// Runs one program with its arguments, without a shell around it.
    pub(crate) fn program_in(
        &mut self,
        here: NamespaceId,
        files: &BTreeMap<String, String>,
        argv: &[String],
    ) -> Outcome {
        self.begin(here, files);
        self.line = 1;
        // What the program runs stands in its line.
        self.within += 1;
        if self.spend(1) && !self.is_done() {
            let _flow = self.program(argv, &mut Io::default());
        }
        self.within -= 1;
        self.end()
    }

    fn begin(&mut self, here: NamespaceId, files: &BTreeMap<String, String>) {
        self.here = here;
        self.is_lenient = true;
        self.files = files.clone();
        self.beside.set_folder("/");
        self.status = Status::Success;
        self.doubts = super::Doubts::default();
        self.variables = super::Variables::new();
        self.functions.clear();
        self.arguments.clear();
        if let Some(name) = self.world.name_of(here) {
            self.variables
                .set("HOSTNAME", super::variables::Value::Text(name));
        }
    }

    fn end(&mut self) -> Outcome {
        self.here = NamespaceId::HOST;
        self.is_lenient = false;
        self.outcome()
    }

    fn outcome(&mut self) -> Outcome {
        Outcome {
            notes: std::mem::take(&mut self.notes),
            errors: std::mem::take(&mut self.errors),
            tried: std::mem::take(&mut self.tried),
        }
    }

    /// Changes of the network so far, and the last one's command.
    pub(crate) fn acted(&self) -> (usize, Option<String>) {
        (self.acted, self.last().map(|(_, text)| text))
    }

    /// What was made so far.
    pub(crate) fn document(&self, title: &str) -> crate::Document {
        self.world.document(title)
    }

    /// What a namespace is called.
    pub(crate) fn name_of(&self, namespace: NamespaceId) -> Option<String> {
        self.world.name_of(namespace)
    }

    /// The namespace of that name, but for the host.
    pub(crate) fn namespace(&self, name: &NamespaceName) -> Option<NamespaceId> {
        self.world.namespace(name).ok()
    }

    /// Whether a namespace has an interface of that name.
    pub(crate) fn has_interface(&self, namespace: NamespaceId, name: &str) -> bool {
        self.world.has_interface(namespace, name)
    }
}
