//! An attribute on a whole `impl` block: every method is measured as if the attribute stood on it.
//!
//! ```ignore
//! #[timed(outcome)]
//! impl HttpClient {
//!     fn fetch(&self) -> Result<(), Error> { .. }     // http_client_fetch_duration_seconds
//!
//!     #[timed(skip)]
//!     fn name(&self) -> &str { .. }                   // not measured
//!
//!     #[timed("slow_seconds")]
//!     fn slow(&self) { .. }                           // as its own attribute says
//! }
//! ```

use crate::args::{self, Attribute};
use crate::diagnostics::Diagnostics;
use crate::expand;
use crate::host::{self, Host, Owner, ungrouped_type};
use crate::naming;
use crate::spec::Spec;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use std::collections::HashSet;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute as SynAttribute, ImplItem, ItemImpl, Meta, Signature, Type, Visibility};

/// An `impl` block, the bodies of its methods unparsed.
pub(crate) struct Block {
    /// All that stands before the braces.
    head: TokenStream,
    header: ItemImpl,
    parts: Vec<Part>,
}

#[expect(clippy::large_enum_variant, reason = "most are methods")]
enum Part {
    Method(Host),
    Other(TokenStream),
}

/// The block, if the item is one.
pub(crate) fn find(item: &TokenStream) -> Option<syn::Result<Block>> {
    let mut trees = item.clone().into_iter().peekable();
    loop {
        match trees.next()? {
            // An attribute.
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                trees.next_if(|tree| matches!(tree, TokenTree::Group(_)))?;
            }
            TokenTree::Ident(ident) if ident == "unsafe" || ident == "default" => {}
            TokenTree::Ident(ident) if ident == "impl" => return Some(parse(item)),
            _ => return None,
        }
    }
}

fn parse(item: &TokenStream) -> syn::Result<Block> {
    let mut head: Vec<TokenTree> = item.clone().into_iter().collect();
    let body = match head.pop() {
        Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => body,
        other => {
            head.extend(other);
            return Err(syn::Error::new_spanned(
                item,
                "expected `{ .. }` after `impl`",
            ));
        }
    };
    let head: TokenStream = head.into_iter().collect();
    let header = syn::parse2(quote!(#head {}))?;
    let parts = Parser::parse2(parts, body.stream())?;
    Ok(Block {
        head,
        header,
        parts,
    })
}

fn parts(input: ParseStream<'_>) -> syn::Result<Vec<Part>> {
    let mut parts = Vec::new();
    while !input.is_empty() {
        let ahead = input.fork();
        let method = ahead.call(SynAttribute::parse_outer).is_ok()
            && ahead.parse::<Visibility>().is_ok()
            && ahead.parse::<Signature>().is_ok();
        parts.push(if method {
            Part::Method(input.parse()?)
        } else {
            Part::Other(input.parse::<ImplItem>()?.into_token_stream())
        });
    }
    Ok(parts)
}

/// Expands the attribute on each method.
pub(crate) fn expand(attribute: Attribute, args: &TokenStream, block: Block) -> TokenStream {
    let Block {
        head,
        header,
        parts,
    } = block;
    let mut diagnostics = Diagnostics::default();
    let parsed = args::parse(attribute, args.clone(), &mut diagnostics);
    if let Some(name) = &parsed.name {
        let shared = "every method has a metric of its own, named after the type and the method";
        let message = format!("{shared}; `namespace = \"..\"` puts a word before them");
        diagnostics.error(name.span(), message);
    }
    let owner = owner(&header, &mut diagnostics);
    // A mistake in the arguments is found in every method: once is enough.
    let mut told = HashSet::new();
    let mut measured = Vec::new();
    let mut untouched = Vec::new();
    for part in parts {
        let mut method = match part {
            Part::Method(method) => method,
            Part::Other(tokens) => {
                measured.push(tokens.clone());
                untouched.push(tokens);
                continue;
            }
        };
        let skip = take_skip(attribute, &mut method.attributes);
        let tokens = method.to_token_stream();
        untouched.push(tokens.clone());
        let own = method
            .attributes
            .iter()
            .any(|attr| is_ours(attribute, attr));
        if skip || own || !diagnostics.is_empty() {
            measured.push(tokens);
            continue;
        }
        method.owner.clone_from(&owner);
        let mut found = Diagnostics::default();
        if method.signature.constness.is_some() {
            found.push(host::refuse_const(
                &method,
                &format!("add `#[{}(skip)]`", attribute.name()),
            ));
        } else {
            let args = args::parse(attribute, args.clone(), &mut Diagnostics::default());
            if let Some(spec) = Spec::new(attribute, args, &method, &mut found)
                && found.is_empty()
            {
                measured.push(expand::function(&method, &spec));
                continue;
            }
        }
        measured.push(tokens);
        for error in found.into_iter() {
            let message = error.to_string();
            let fault = message.split(" in `").next().unwrap_or_default();
            if told.insert(fault.to_owned()) {
                diagnostics.push(error);
            }
        }
    }
    let errors = diagnostics.into_errors();
    let parts = if errors.is_some() {
        untouched
    } else {
        measured
    };
    quote! {
        #head { #(#parts)* }
        #errors
    }
}

/// How the type is called, and what its parameters are.
fn owner(header: &ItemImpl, diagnostics: &mut Diagnostics) -> Option<Owner> {
    let name = match ungrouped_type(&header.self_ty) {
        Type::Path(path) => path.path.segments.last().map(|last| &last.ident),
        _ => None,
    };
    let Some(name) = name else {
        diagnostics.push(syn::Error::new_spanned(
            &header.self_ty,
            "this type has no name that metrics could begin with; put the attribute on each method",
        ));
        return None;
    };
    Some(Owner {
        name: naming::text(name),
        parameters: host::type_parameters(&header.generics).cloned().collect(),
    })
}

/// Whether this is the same attribute again.
fn is_ours(attribute: Attribute, attr: &SynAttribute) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|last| last.ident == attribute.name())
}

/// Removes `#[timed(skip)]`.
fn take_skip(attribute: Attribute, attributes: &mut Vec<SynAttribute>) -> bool {
    let before = attributes.len();
    attributes.retain(|attr| {
        let skips = matches!(&attr.meta, Meta::List(list) if list.tokens.to_string() == "skip");
        !(skips && is_ours(attribute, attr))
    });
    attributes.len() < before
}
