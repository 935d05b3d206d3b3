//! The attribute and derive macros of `instrumetrics`, where they are documented.
//!
//! Each goes from tokens to arguments (`args`), from these and the signature to a specification that is
//! valid by construction (`spec`), and from there to tokens (`expand`), which cannot fail. What is wrong is
//! collected (`diagnostics`) and reported beside the untouched item (`fallback`).

mod args;
mod body;
mod declare;
mod descriptor;
mod diagnostics;
mod expand;
mod fallback;
mod host;
mod impl_block;
mod label_value;
mod labels;
mod naming;
mod spec;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Declares metrics: a module of functions without bodies.
#[proc_macro_attribute]
pub fn metrics(args: TokenStream, item: TokenStream) -> TokenStream {
    declare::metrics(args.into(), item.into()).into()
}

/// Makes an enum a label value whose values are known beforehand.
#[proc_macro_derive(LabelValue, attributes(label))]
pub fn derive_label_value(item: TokenStream) -> TokenStream {
    label_value::derive(item.into()).into()
}

/// Observes how long calls take, in a histogram.
#[proc_macro_attribute]
pub fn timed(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::attribute(args::Attribute::Timed, args.into(), item.into()).into()
}

/// Counts calls.
#[proc_macro_attribute]
pub fn counted(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::attribute(args::Attribute::Counted, args.into(), item.into()).into()
}

/// Records the whole job set.
#[proc_macro_attribute]
pub fn job_metric(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::attribute(args::Attribute::Job, args.into(), item.into()).into()
}
