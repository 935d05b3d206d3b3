//! Labels of an attribute: where their values come from, and what can be known of their types.

use crate::args::{Label, LabelExpr};
use crate::diagnostics::{Diagnostics, instead};
use crate::host::Host;
use crate::naming;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprClosure, GenericArgument, Lifetime, Path, PathArguments, Type, parse_quote};

/// Labels whose sources exist.
#[derive(Default)]
pub(crate) struct Labels {
    /// Known when the call begins: name and a reference to the value.
    pub(crate) on_entry: Vec<(Ident, TokenStream)>,
    /// Taken from the returned value.
    pub(crate) returned: Vec<(Ident, ExprClosure)>,
    /// The types of those on entry, when all of them can be named outside of the function.
    pub(crate) types: Option<Vec<Type>>,
}

impl Labels {
    /// Finds the source of each label.
    pub(crate) fn resolve(labels: Vec<Label>, host: &Host, diagnostics: &mut Diagnostics) -> Self {
        let parameters = host.parameters();
        let mut resolved = Self::default();
        let mut types = Some(Vec::new());
        for Label { name, value } in labels {
            match value {
                LabelExpr::Returned(closure) => resolved.returned.push((name, closure)),
                LabelExpr::Expr(expr) => {
                    types = None;
                    let span = expr.span().resolved_at(Span::call_site());
                    // Without parentheses where that is possible: an error then covers the expression.
                    let reference = match &expr {
                        Expr::Path(_)
                        | Expr::Field(_)
                        | Expr::Lit(_)
                        | Expr::Call(_)
                        | Expr::MethodCall(_)
                        | Expr::Macro(_)
                        | Expr::Index(_)
                        | Expr::Block(_)
                        | Expr::Paren(_)
                        | Expr::Tuple(_) => quote_spanned!(span=> &#expr),
                        _ => quote_spanned!(span=> &(#expr)),
                    };
                    resolved.on_entry.push((name, reference));
                }
                LabelExpr::Parameter => {
                    let word = naming::text(&name);
                    let parameter = parameters
                        .iter()
                        .find(|(parameter, _)| naming::text(parameter) == word);
                    let Some((parameter, ty)) = parameter else {
                        unknown(&name, host, &parameters, diagnostics);
                        continue;
                    };
                    let ty = ty.and_then(|ty| nameable(ty, &host.type_parameters()));
                    match (&mut types, ty) {
                        (Some(types), Some(ty)) => types.push(ty),
                        _ => types = None,
                    }
                    // Spelled as the parameter, located at the label: errors point at what was written.
                    let mut value = parameter.clone();
                    value.set_span(name.span().resolved_at(parameter.span()));
                    let span = name.span().resolved_at(Span::call_site());
                    resolved
                        .on_entry
                        .push((name, quote_spanned!(span=> &#value)));
                }
            }
        }
        resolved.types = types;
        resolved
    }

    /// Names and places, those on entry first.
    pub(crate) fn names(&self) -> Vec<(String, Span)> {
        let on_entry = self.on_entry.iter().map(|(name, _)| name);
        let returned = self.returned.iter().map(|(name, _)| name);
        on_entry
            .chain(returned)
            .map(|name| (naming::text(name), name.span()))
            .collect()
    }

    /// The names of those on entry.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.on_entry
            .iter()
            .map(|(name, _)| naming::text(name))
            .collect()
    }

    /// The values on entry as a tuple of references.
    pub(crate) fn tuple(&self, krate: &Path) -> TokenStream {
        let values = self.on_entry.iter().map(|(_, value)| checked(krate, value));
        quote!((#(#values,)*))
    }
}

/// A reference to a label value; that it is one is told on its tokens.
pub(crate) fn checked(krate: &Path, reference: &TokenStream) -> TokenStream {
    let span = reference.span().resolved_at(Span::call_site());
    let krate = naming::located(krate, span);
    quote_spanned!(span=> #krate::__private::label(#reference))
}

fn unknown(
    name: &Ident,
    host: &Host,
    parameters: &[(Ident, Option<&Type>)],
    diagnostics: &mut Diagnostics,
) {
    let word = naming::text(name);
    if word == "self" {
        diagnostics.error(
            name.span(),
            "`self` is not a label value; write a label of one of its fields: `labels(name = self.name)`",
        );
        return;
    }
    let existing: Vec<String> = parameters
        .iter()
        .map(|(parameter, _)| naming::text(parameter))
        .collect();
    // On an `impl` it is not plain which method lacks it.
    let function = host
        .owner
        .as_ref()
        .map(|_| format!(" in `{}`", host.name()))
        .unwrap_or_default();
    diagnostics.error(
        name.span(),
        format!(
            "no parameter `{word}`{function}{}",
            instead(&word, "parameters", &existing)
        ),
    );
}

/// The type as it can be written in an item inside of the function: without parameters of the function or
/// of its surroundings, and with every lifetime `'static`.
fn nameable(ty: &Type, parameters: &[&Ident]) -> Option<Type> {
    struct Static;
    impl VisitMut for Static {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            *lifetime = Lifetime::new("'static", lifetime.span());
        }
        fn visit_type_reference_mut(&mut self, reference: &mut syn::TypeReference) {
            reference
                .lifetime
                .get_or_insert_with(|| parse_quote!('static));
            visit_mut::visit_type_reference_mut(self, reference);
        }
    }
    if !is_nameable(ty, parameters) {
        return None;
    }
    let mut ty = ty.clone();
    Static.visit_type_mut(&mut ty);
    Some(ty)
}

fn is_nameable(ty: &Type, parameters: &[&Ident]) -> bool {
    match ty {
        Type::Reference(reference) => is_nameable(&reference.elem, parameters),
        Type::Paren(paren) => is_nameable(&paren.elem, parameters),
        Type::Group(group) => is_nameable(&group.elem, parameters),
        Type::Path(path) if path.qself.is_none() => {
            let Some(first) = path.path.segments.first() else {
                return false;
            };
            // A parameter of a surrounding `impl` cannot be seen from here; it is told by its spelling.
            let looks_generic = path.path.leading_colon.is_none()
                && first.ident.to_string().chars().all(|c| !c.is_lowercase());
            if looks_generic || first.ident == "Self" || parameters.contains(&&first.ident) {
                return false;
            }
            path.path
                .segments
                .iter()
                .all(|segment| match &segment.arguments {
                    PathArguments::None => true,
                    PathArguments::AngleBracketed(arguments) => {
                        arguments.args.iter().all(|argument| match argument {
                            GenericArgument::Lifetime(_) => true,
                            GenericArgument::Type(ty) => is_nameable(ty, parameters),
                            _ => false,
                        })
                    }
                    PathArguments::Parenthesized(_) => false,
                })
        }
        _ => false,
    }
}
