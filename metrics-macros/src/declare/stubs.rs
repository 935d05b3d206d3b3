//! What stands in place of a module with mistakes: functions that diverge, so that what uses the declared
//! metrics is not in error too.

use super::is_metric;
use super::metric::{Returns, returns};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{FnArg, ForeignItemFn, Item, ItemMod, Path};

/// The module, with its errors beside it.
pub(super) fn module(
    module: &ItemMod,
    others: &[&Item],
    declared: &[ForeignItemFn],
    krate: &Path,
    errors: &TokenStream,
) -> TokenStream {
    // Of two with one name the first.
    let stubs = declared.iter().enumerate().map(|(i, function)| {
        let ident = &function.sig.ident;
        let conditional = function
            .attrs
            .iter()
            .any(|attr| attr.path().is_ident("cfg"));
        let again = declared[..i]
            .iter()
            .any(|earlier| earlier.sig.ident == *ident);
        (!again || conditional).then(|| stub(function, krate))
    });
    let ItemMod {
        attrs,
        vis,
        unsafety,
        ident,
        ..
    } = module;
    quote! {
        #(#attrs)*
        #vis #unsafety mod #ident {
            #(#others)*
            #(#stubs)*
            #[doc(hidden)]
            pub fn __instrumetrics_register() {}
        }
        #errors
    }
}

/// A function of that name. Whatever may itself be the mistake is left out: patterns, `self`, qualifiers, a
/// return type that is none.
fn stub(function: &ForeignItemFn, krate: &Path) -> TokenStream {
    let ForeignItemFn {
        attrs, vis, sig, ..
    } = function;
    let attrs = attrs.iter().filter(|attr| !is_metric(attr));
    let (ident, generics) = (&sig.ident, &sig.generics);
    let where_clause = &generics.where_clause;
    let types = sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(input) => Some(&input.ty),
        FnArg::Receiver(_) => None,
    });
    let output = match (returns(function), &sig.output) {
        (Ok(Returns::Family(..) | Returns::Jobs), output) => quote!(#output),
        (Err(_), syn::ReturnType::Default) => TokenStream::new(),
        (Err(_), syn::ReturnType::Type(_, ty)) => {
            quote_spanned!(ty.span()=> -> #krate::Counter)
        }
    };
    quote! {
        #(#attrs)*
        #[allow(missing_docs, clippy::allow_attributes, clippy::allow_attributes_without_reason)]
        #vis fn #ident #generics(#(_: #types),*) #output #where_clause {
            ::core::unimplemented!()
        }
    }
}
