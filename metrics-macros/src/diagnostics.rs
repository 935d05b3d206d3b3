//! Collects everything that is wrong, so that one compile reports it all.

use instrumetrics_grammar as grammar;
use proc_macro2::{Span, TokenStream};
use std::fmt::Display;

/// The faults found so far.
#[derive(Default)]
pub(crate) struct Diagnostics {
    errors: Option<syn::Error>,
}

impl Diagnostics {
    /// Reports a fault on a token.
    pub(crate) fn error(&mut self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    /// Reports a fault that the parser found.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.errors {
            Some(errors) => errors.combine(error),
            None => self.errors = Some(error),
        }
    }

    /// Reports a fault, with what to write instead if that is known.
    pub(crate) fn suggest(
        &mut self,
        span: Span,
        fault: impl Display,
        suggestion: Option<impl Display>,
    ) {
        match suggestion {
            Some(suggestion) => self.error(span, format!("{fault}; write `{suggestion}`")),
            None => self.error(span, fault),
        }
    }

    /// Keeps what was parsed, or reports why nothing was.
    pub(crate) fn take<T>(&mut self, parsed: syn::Result<T>) -> Option<T> {
        parsed.map_err(|error| self.push(error)).ok()
    }

    /// Whether nothing is wrong.
    pub(crate) const fn is_empty(&self) -> bool {
        self.errors.is_none()
    }

    /// The faults one by one.
    pub(crate) fn into_iter(self) -> impl Iterator<Item = syn::Error> {
        self.errors.into_iter().flatten()
    }

    /// The faults as `compile_error!`s, if there are any.
    pub(crate) fn into_errors(self) -> Option<TokenStream> {
        self.errors.map(syn::Error::into_compile_error)
    }
}

/// "did you mean `x`?" where something is near, else the list of what exists.
pub(crate) fn instead(word: &str, what: &str, existing: &[String]) -> String {
    let names = existing.iter().map(String::as_str);
    if let Some(near) = grammar::nearest(word, names) {
        return format!("; did you mean `{near}`?");
    }
    match existing {
        [] => format!("; there are no {what}"),
        existing => format!("; {what}: `{}`", existing.join("`, `")),
    }
}
