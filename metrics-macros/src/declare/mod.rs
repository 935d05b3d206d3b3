//! `#[metrics] mod`: body-less functions to families.
//!
//! ```ignore
//! /// Speech segments found.
//! pub fn segments_total(model: Model) -> Counter;
//! ```
//!
//! becomes
//!
//! ```ignore
//! static __INSTRUMETRICS_SEGMENTS_TOTAL: Declared<Counter> = Declared::new(&Descriptor { .. });
//! const _: () = {
//!     submit! { Declaration { .. } }
//!     check_dense(&["model"], Asked::<(Model,)>::CARDINALITIES, 1)
//! };
//!
//! /// Speech segments found.
//! pub fn segments_total(model: Model) -> Counter {
//!     __INSTRUMETRICS_SEGMENTS_TOTAL.with((&model,))
//! }
//! ```

mod args;
mod clash;
mod describe;
mod metric;
mod stubs;

use crate::diagnostics::Diagnostics;
use args::ModuleArgs;
use metric::Metric;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, ForeignItemFn, Item, ItemMod};

/// Expands `#[metrics(..)] mod .. { .. }`.
pub(crate) fn metrics(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let module_args = ModuleArgs::parse(args, &mut diagnostics);
    let module = match syn::parse2::<ItemMod>(item.clone()) {
        Ok(module) => module,
        Err(error) => return not_a_module(item, &error, diagnostics),
    };
    let Some((_, items)) = &module.content else {
        diagnostics.error(
            module.ident.span(),
            "a `#[metrics]` module is written out in place: `mod telemetry { .. }`; one in another file cannot be seen from here",
        );
        return diagnostics.into_errors().unwrap_or_default();
    };
    let mut declared = Vec::new();
    let mut others = Vec::new();
    for item in items {
        match item {
            Item::Verbatim(tokens) => match syn::parse2::<ForeignItemFn>(tokens.clone()) {
                Ok(function) => declared.push(function),
                Err(error) => diagnostics.error(
                    error.span(),
                    "a declared metric is a function without a body: `pub fn name(label: &str) -> Counter;`",
                ),
            },
            Item::Fn(function) if function.attrs.iter().any(is_metric) => {
                diagnostics.error(
                    function.sig.ident.span(),
                    "a declared metric has no body; end it with `;`",
                );
                declared.push(ForeignItemFn {
                    attrs: function.attrs.clone(),
                    vis: function.vis.clone(),
                    modifiers: syn::FnModifiers::default(),
                    sig: function.sig.clone(),
                    semi_token: <syn::Token![;]>::default(),
                });
            }
            other => others.push(other),
        }
    }
    let metrics: Vec<Metric<'_>> = declared
        .iter()
        .filter_map(|function| Metric::new(function, &module_args, &mut diagnostics))
        .collect();
    clash::refuse(&metrics, &mut diagnostics);
    if let Some(errors) = diagnostics.into_errors() {
        return stubs::module(&module, &others, &declared, &module_args.krate, &errors);
    }
    let krate = &module_args.krate;
    let expanded = metrics.iter().map(|metric| metric.expand(krate));
    let registers = metrics.iter().map(|metric| metric.register(krate));
    let ItemMod {
        attrs,
        vis,
        unsafety,
        ident,
        ..
    } = &module;
    quote! {
        #(#attrs)*
        #vis #unsafety mod #ident {
            #(#others)*
            #(#expanded)*

            /// Registers every metric of this module, for `register!`.
            #[doc(hidden)]
            pub fn __instrumetrics_register() {
                #(#registers)*
            }
        }
    }
}

/// Whether this is `#[metric(..)]`.
fn is_metric(attribute: &Attribute) -> bool {
    attribute.path().is_ident("metric")
}

/// The item as it was, where it can stand, and what is wrong with it.
fn not_a_module(
    item: TokenStream,
    error: &syn::Error,
    mut diagnostics: Diagnostics,
) -> TokenStream {
    let (message, item) = match syn::parse2::<Item>(item) {
        // A mistake inside of the module.
        Err(_) => (error.to_string(), TokenStream::new()),
        Ok(Item::Verbatim(_)) => (
            "`#[metrics]` stands on a module, in which metrics are declared: `#[metrics] mod telemetry { .. }`".to_owned(),
            TokenStream::new(),
        ),
        Ok(item) => (
            "`#[metrics]` stands on a module: `#[metrics] mod telemetry { .. }`".to_owned(),
            quote!(#item),
        ),
    };
    diagnostics.error(error.span(), message);
    let errors = diagnostics.into_errors();
    quote!(#item #errors)
}
