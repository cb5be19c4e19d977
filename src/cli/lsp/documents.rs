//! The files an editor has open, and what the compiler makes of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use creamc_lang::ide::Project;
use creamc_lang::plan::Plan;

use super::protocol::{DidChange, Opened, Refusal, Text};
use super::uri;
use crate::cli::check;
use crate::cli::load::{Loaded, SpaceArgs};
use crate::disk::Buffers;

/// An open file.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) version: Option<i64>,
    pub(super) path: PathBuf,
    pub(super) text: Text,
    /// What the compiler found; nothing where something has changed since.
    compiled: Option<Compiled>,
    /// Its messages are not the newest ones.
    pub(super) is_unchecked: bool,
}

/// A compiled file.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) loaded: Loaded,
    plan: Option<Plan>,
    /// Whether its bounds and archs were looked at, too.
    is_proved: bool,
}

impl Compiled {
    pub(super) fn project(&self) -> Project<'_> {
        Project::new(&self.loaded.unit, self.plan.as_ref())
    }

    /// Everything that `creamc check` finds.
    fn prove(&mut self) {
        if self.is_proved {
            return;
        }
        self.is_proved = true;
        self.plan = check::prove(&mut self.loaded).plan;
    }
}

/// All open files, by their URI.
#[derive(Debug, Default)]
pub(super) struct Documents {
    open: BTreeMap<String, Document>,
    /// The one that changed last: it is checked first.
    last: String,
}

impl Documents {
    pub(super) fn open(&mut self, opened: Opened) {
        let document = Document {
            version: opened.version,
            path: uri::to_path(&opened.uri),
            text: Text::new(opened.text),
            compiled: None,
            is_unchecked: true,
        };
        self.last.clone_from(&opened.uri);
        self.open.insert(opened.uri, document);
        self.forget();
    }

    pub(super) fn change(&mut self, change: DidChange) {
        let uri = change.text_document.uri;
        let Some(document) = self.open.get_mut(&uri) else {
            return; // only open documents change
        };
        for part in change.content_changes {
            document.text.change(part);
        }
        document.version = change.text_document.version;
        self.last = uri;
        self.forget();
    }

    pub(super) fn close(&mut self, uri: &str) {
        self.open.remove(uri);
        self.forget();
    }

    /// Something changed that any open file may use.
    pub(super) fn forget(&mut self) {
        for document in self.open.values_mut() {
            document.compiled = None;
            document.is_unchecked = true;
        }
    }

    /// The next document whose messages are old.
    pub(super) fn next_unchecked(&self) -> Option<&str> {
        let is_unchecked = |uri: &str| self.open.get(uri).is_some_and(|one| one.is_unchecked);
        if is_unchecked(&self.last) {
            return Some(&self.last);
        }
        let mut all = self.open.keys().map(String::as_str);
        all.find(|uri| is_unchecked(uri))
    }

    /// # Errors
    /// When it is not open.
    pub(super) fn get(&self, uri: &str) -> Result<&Document, Refusal> {
        self.open.get(uri).ok_or_else(|| not_open(uri))
    }

    pub(super) fn checked(&mut self, uri: &str) {
        if let Some(document) = self.open.get_mut(uri) {
            document.is_unchecked = false;
        }
    }

    /// A document and its compiled form.
    ///
    /// # Errors
    /// When it is not open.
    pub(super) fn compiled(&mut self, uri: &str) -> Result<(&Document, &Compiled), Refusal> {
        self.with_compiled(uri, |_| {})
    }

    /// As [`Documents::compiled`], with everything that can be found out.
    ///
    /// # Errors
    /// When it is not open.
    pub(super) fn proved(&mut self, uri: &str) -> Result<(&Document, &Compiled), Refusal> {
        self.with_compiled(uri, Compiled::prove)
    }

    fn with_compiled(
        &mut self,
        uri: &str,
        and: impl FnOnce(&mut Compiled),
    ) -> Result<(&Document, &Compiled), Refusal> {
        let known = self.get_mut(uri)?.compiled.take();
        let mut compiled = match known {
            Some(compiled) => compiled,
            None => self.compile(uri)?,
        };
        and(&mut compiled);
        let document = self.get_mut(uri)?;
        document.compiled = Some(compiled);
        let document = self.get(uri)?;
        let compiled = document.compiled.as_ref().expect("it was put there");
        Ok((document, compiled))
    }

    fn get_mut(&mut self, uri: &str) -> Result<&mut Document, Refusal> {
        self.open.get_mut(uri).ok_or_else(|| not_open(uri))
    }

    fn compile(&self, uri: &str) -> Result<Compiled, Refusal> {
        let document = self.get(uri)?;
        Ok(Compiled {
            loaded: self.loaded(&document.path, &document.text.text),
            plan: None,
            is_proved: false,
        })
    }

    /// All that a document with another text would be told; for trying changes.
    pub(super) fn tried(&self, path: &Path, text: &str) -> Loaded {
        let mut loaded = self.loaded(path, text);
        check::prove(&mut loaded);
        loaded
    }

    /// A file of this text among all that is open. One file may be open under two URIs: each has its own text.
    fn loaded(&self, path: &Path, text: &str) -> Loaded {
        let open = self.open.values();
        let mut buffers = Buffers {
            texts: open
                .map(|document| (document.path.clone(), document.text.text.clone()))
                .collect(),
        };
        buffers.texts.insert(path.to_owned(), text.to_owned());
        Loaded::read_from(&buffers, path, &SpaceArgs::default()).expect("the text is at hand")
    }

    /// The URI of a file: the one it was opened by, so that the editor knows it again.
    pub(super) fn uri_of(&self, path: &Path) -> String {
        let mut open = self.open.iter();
        let known = open.find(|(_, document)| document.path == path);
        known.map_or_else(|| uri::of_path(path), |(uri, _)| uri.clone())
    }
}

fn not_open(uri: &str) -> Refusal {
    Refusal::new(Refusal::INVALID_PARAMS, format!("`{uri}` is not open"))
}
