//! The body of a function, with a guard around it.
//!
//! A guard whose end needs nothing of the returned value is a local variable, and the body stays where it
//! was. Where the outcome or a label is read off the value, a function that is not async becomes
//!
//! ```ignore
//! let guard = ..;
//! let returned = ::instrumetrics::__private::call(move || -> Ret { body });
//! if let Some(guard) = guard { guard.finish(outcome of &returned, ..) }
//! returned
//! ```
//!
//! and an async one the same with `async move { body }.await`. A function that returns a future keeps what
//! stands before its tail, and the tail `Box::pin(async move { .. })` keeps its form, since `async_trait`
//! and `tracing::instrument` look for it.

use crate::args::ungrouped;
use crate::host::{Host, ungrouped_type};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Block, Expr, ExprAsync, GenericArgument, PathArguments, ReturnType, Stmt, Type, TypeParamBound,
    parse_quote,
};

/// How the function runs.
pub(crate) enum Shape {
    /// Until it returns.
    Plain { returned: Option<Type> },
    /// It never returns.
    Never,
    /// An `async fn`.
    Async { returned: Option<Type> },
    /// It returns a future that its tail makes.
    Future {
        returned: Option<Type>,
        before: Vec<Stmt>,
        tail: Tail,
    },
}

/// `async move { .. }` or `Box::pin(async move { .. })`.
pub(crate) struct Tail {
    future: ExprAsync,
    /// The function that it is handed to.
    pin: Option<Box<Expr>>,
}

/// What is put around a body.
pub(crate) struct Wrapping {
    /// Statics of the expansion. They stand in a block with what names them, since a second attribute puts
    /// statics of the same names beside it.
    pub(crate) items: TokenStream,
    /// Evaluates the labels: an `Option` of a target, or of what `begin` makes one from.
    pub(crate) target: TokenStream,
    /// Makes the target when the call begins; it names [`local`]`("target")`.
    pub(crate) begin: Option<TokenStream>,
    /// Reads the outcome and labels off `returned` and finishes the guard; `None` where nothing is read.
    pub(crate) finish: Option<TokenStream>,
}

/// A local variable of the expansion: hygienic, so that stacked attributes do not see each other's.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(&format!("__instrumetrics_{name}"), Span::mixed_site())
}

impl Shape {
    /// Looks at the signature and, where a future is returned, at the tail of the body.
    ///
    /// `Err(None)` for a body that does not parse yet: the compiler says so better.
    pub(crate) fn of(host: &Host) -> Result<Self, Option<syn::Error>> {
        let returned = match &host.signature.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(ungrouped_type(ty).clone()),
        };
        if host.signature.asyncness.is_some() {
            return Ok(Self::Async { returned });
        }
        if host.diverges() {
            return Ok(Self::Never);
        }
        match returned.as_ref().and_then(future_output) {
            None => Ok(Self::Plain { returned }),
            Some(output) => {
                let body = &host.body;
                let block: Block = syn::parse2(quote!({ #body })).map_err(|_| None)?;
                let (before, tail) = split(block, host.body_span).map_err(Some)?;
                Ok(Self::Future {
                    returned: output,
                    before,
                    tail,
                })
            }
        }
    }

    /// The type of the value that the call comes to, where it is written.
    pub(crate) const fn returned(&self) -> Option<&Type> {
        match self {
            Self::Plain { returned } | Self::Async { returned } | Self::Future { returned, .. } => {
                returned.as_ref()
            }
            Self::Never => None,
        }
    }

    /// The new body.
    #[expect(
        clippy::too_many_lines,
        reason = "one arm for each shape, read side by side"
    )]
    pub(crate) fn wrap(&self, host: &Host, krate: &syn::Path, wrapping: &Wrapping) -> TokenStream {
        let Wrapping {
            items,
            target,
            begin,
            finish,
        } = wrapping;
        let target = if items.is_empty() {
            quote!(#target)
        } else {
            quote!({ #items #target })
        };
        let body = &host.body;
        let (guard, pending, returned) = (local("guard"), local("target"), local("returned"));
        let enter = |how: &str| {
            let how = Ident::new(how, Span::call_site());
            match begin {
                None => {
                    quote!(::core::option::Option::map(#pending, #krate::__private::Guard::#how))
                }
                Some(begin) => quote! {
                    ::core::option::Option::map(
                        #pending,
                        |#pending| #krate::__private::Guard::#how(#begin),
                    )
                },
            }
        };
        match (self, finish) {
            (Self::Plain { .. }, None) | (Self::Never, _) => {
                let enter = enter("enter_sync");
                quote! {
                    let #pending = #target;
                    let #guard = #enter;
                    { #body }
                }
            }
            (Self::Plain { returned: ty }, Some(finish)) => {
                let enter = enter("enter_sync");
                let ty = erased(ty.as_ref());
                quote! {
                    let #pending = #target;
                    let #guard = #enter;
                    let #returned = #krate::__private::call(move || -> #ty { #body });
                    #finish
                    #returned
                }
            }
            (Self::Async { .. }, finish) if finish.is_none() || host.diverges() => {
                let enter = enter("enter");
                quote! {
                    let #pending = #target;
                    let #guard = #enter;
                    { #body }
                }
            }
            (Self::Async { returned: ty }, finish) => {
                let enter = enter("enter");
                let inner = pinned(ty.as_ref(), body);
                let place = local("place");
                // The labels are evaluated inside: a parameter that was borrowed out here would be kept in
                // the future a second time.
                quote! {
                    let mut #guard = ::core::option::Option::None;
                    let #place = &mut #guard;
                    let #returned = async move {
                        let #pending = #target;
                        *#place = #enter;
                        #inner
                    }
                    .await;
                    #finish
                    #returned
                }
            }
            (
                Self::Future {
                    returned: ty,
                    before,
                    tail,
                },
                finish,
            ) => {
                let enter = enter("enter");
                let statements = &tail.future.block.stmts;
                let inner = match finish {
                    None => quote! {
                        let #guard = #enter;
                        #(#statements)*
                    },
                    Some(finish) => {
                        let body = quote!(#(#statements)*);
                        let inner = match ty {
                            Some(ty) => pinned(Some(ty), &body),
                            None => body,
                        };
                        quote! {
                            let #guard = #enter;
                            let #returned = async move { #inner }.await;
                            #finish
                            #returned
                        }
                    }
                };
                let (attributes, capture) = (&tail.future.attrs, &tail.future.capture);
                let future = quote!(#(#attributes)* async #capture { #inner });
                let tail = match &tail.pin {
                    Some(pin) => quote!(#pin(#future)),
                    None => future,
                };
                quote! {
                    let #pending = #target;
                    #(#before)*
                    #tail
                }
            }
        }
    }
}

/// A body whose type is told by a `return` that never runs: type errors then point into the body.
fn pinned(ty: Option<&Type>, body: &TokenStream) -> TokenStream {
    let ty = erased(ty);
    let never = local("never");
    quote! {
        #[allow(
            unknown_lints,
            unreachable_code,
            clippy::allow_attributes,
            clippy::allow_attributes_without_reason,
            clippy::diverging_sub_expression,
            clippy::empty_loop,
            clippy::let_unit_value,
            clippy::let_with_type_underscore,
            clippy::needless_return,
            clippy::unreachable
        )]
        if false {
            let #never: #ty = loop {};
            return #never;
        }
        #body
    }
}

/// The type with every `impl Trait` in it left to inference; `()` where none is written.
fn erased(ty: Option<&Type>) -> TokenStream {
    struct Erase;
    impl VisitMut for Erase {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if matches!(ty, Type::ImplTrait(_)) {
                *ty = parse_quote!(_);
            } else {
                visit_mut::visit_type_mut(self, ty);
            }
        }
    }
    let Some(ty) = ty else { return quote!(()) };
    let mut ty = ty.clone();
    Erase.visit_type_mut(&mut ty);
    ty.into_token_stream()
}

/// `Some` for a type that is a future by its spelling, with its output where that is written.
#[expect(clippy::option_option, reason = "a future whose output is not written")]
fn future_output(ty: &Type) -> Option<Option<Type>> {
    match ungrouped_type(ty) {
        Type::ImplTrait(opaque) => opaque.bounds.iter().find_map(bound_output),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let PathArguments::AngleBracketed(arguments) = &last.arguments else {
                return None;
            };
            let inner = arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })?;
            if last.ident == "BoxFuture" || last.ident == "LocalBoxFuture" {
                return Some(Some(inner.clone()));
            }
            // `Pin<Box<dyn Future<Output = T>>>`
            if last.ident != "Pin" {
                return None;
            }
            let Type::Path(boxed) = inner else {
                return None;
            };
            let boxed = boxed.path.segments.last()?;
            let PathArguments::AngleBracketed(arguments) = &boxed.arguments else {
                return None;
            };
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(Type::TraitObject(object)) => {
                    object.bounds.iter().find_map(bound_output)
                }
                _ => None,
            })
        }
        _ => None,
    }
}

#[expect(clippy::option_option, reason = "a future whose output is not written")]
fn bound_output(bound: &TypeParamBound) -> Option<Option<Type>> {
    let TypeParamBound::Trait(bound) = bound else {
        return None;
    };
    let last = bound.path.segments.last()?;
    if last.ident != "Future" {
        return None;
    }
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return Some(None);
    };
    Some(arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(output) if output.ident == "Output" => Some(output.ty.clone()),
        _ => None,
    }))
}

/// The statements before the tail, and the tail, which must make the future.
fn split(block: Block, span: Span) -> syn::Result<(Vec<Stmt>, Tail)> {
    const EXPECTED: &str = "the returned future is measured from its first poll: the function must end in `async move { .. }` or `Box::pin(async move { .. })`";
    let mut before = block.stmts;
    let tail = match before.pop() {
        Some(Stmt::Expr(expr, None)) => expr,
        other => {
            return Err(other.map_or_else(
                || syn::Error::new(span, EXPECTED),
                |stmt| syn::Error::new_spanned(stmt, EXPECTED),
            ));
        }
    };
    let mut returns = Returns(None);
    for stmt in &before {
        returns.visit_stmt(stmt);
    }
    if let Some(early) = returns.0 {
        return Err(syn::Error::new(
            early,
            "a `return` before the future would leave it unmeasured; move it into the `async` block",
        ));
    }
    let unexpected = syn::Error::new_spanned(&tail, EXPECTED);
    match ungrouped(tail) {
        Expr::Async(future) => Ok((before, Tail { future, pin: None })),
        Expr::Call(call) if call.args.len() == 1 => {
            let pins = matches!(&*call.func, Expr::Path(path)
                if path.path.segments.last().is_some_and(|last| last.ident == "pin"));
            match call.args.into_iter().next().map(ungrouped) {
                Some(Expr::Async(future)) if pins => Ok((
                    before,
                    Tail {
                        future,
                        pin: Some(call.func),
                    },
                )),
                _ => Err(unexpected),
            }
        }
        _ => Err(unexpected),
    }
}

/// Finds a `return` of the function itself.
struct Returns(Option<Span>);

impl<'a> Visit<'a> for Returns {
    fn visit_expr_return(&mut self, expr: &'a syn::ExprReturn) {
        self.0.get_or_insert(expr.return_token.span);
        visit::visit_expr_return(self, expr);
    }

    // Those of inner functions, closures and futures are their own.
    fn visit_item(&mut self, _: &'a syn::Item) {}
    fn visit_expr_closure(&mut self, _: &'a syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'a ExprAsync) {}
}
