//! Tokens to arguments, spans kept.

use crate::descriptor::Buckets;
use crate::diagnostics::{Diagnostics, instead};
use crate::naming;
use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprClosure, LitStr, Path, Token, parenthesized};

/// Which attribute is expanded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribute {
    Timed,
    Counted,
    Job,
}

impl Attribute {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Timed => "timed",
            Self::Counted => "counted",
            Self::Job => "job_metric",
        }
    }

    /// The keys it takes.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Timed => &[
                "name",
                "help",
                "labels",
                "buckets",
                "outcome",
                "in_flight",
                "namespace",
                "crate",
            ],
            Self::Counted => &[
                "name",
                "help",
                "labels",
                "outcome",
                "in_flight",
                "namespace",
                "crate",
            ],
            Self::Job => &[
                "labels",
                "stage",
                "audio_seconds",
                "queued_since",
                "buckets",
                "outcome",
                "namespace",
                "crate",
            ],
        }
    }
}

/// What stands in the parentheses of an attribute.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Option<LitStr>,
    /// A call of a declared metric.
    pub(crate) declared: Option<ExprCall>,
    pub(crate) help: Option<LitStr>,
    pub(crate) labels: Vec<Label>,
    pub(crate) buckets: Option<(Span, Buckets)>,
    pub(crate) outcome: Option<OutcomeArg>,
    pub(crate) in_flight: Option<Span>,
    pub(crate) namespace: Option<LitStr>,
    pub(crate) stage_submit: Option<Span>,
    pub(crate) audio_seconds: Option<(Span, Expr)>,
    pub(crate) queued_since: Option<(Span, Expr)>,
    pub(crate) krate: Option<Path>,
}

/// `outcome` or `outcome = |ret| ..`.
pub(crate) struct OutcomeArg {
    pub(crate) span: Span,
    pub(crate) closure: Option<ExprClosure>,
}

/// One label of `labels(..)`, or a bare one of `job_metric`.
pub(crate) struct Label {
    pub(crate) name: Ident,
    pub(crate) value: LabelExpr,
}

pub(crate) enum LabelExpr {
    /// The parameter of that name.
    Parameter,
    /// An expression over the parameters.
    Expr(Expr),
    /// A function of the returned value.
    Returned(ExprClosure),
}

/// Parses the arguments; what does not parse is reported, and the rest goes on after the next comma.
pub(crate) fn parse(
    attribute: Attribute,
    tokens: TokenStream,
    diagnostics: &mut Diagnostics,
) -> Args {
    let mut args = Args::default();
    let mut seen: Vec<String> = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = argument(attribute, input, &mut args, &mut seen, diagnostics) {
                diagnostics.push(error);
                skip_to_comma(input);
            } else if !input.is_empty() && !input.peek(Token![,]) {
                diagnostics.push(input.error("expected `,`"));
                skip_to_comma(input);
            }
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        diagnostics.push(error);
    }
    args
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<proc_macro2::TokenTree>().is_err() {
            return;
        }
    }
}

fn argument(
    attribute: Attribute,
    input: ParseStream<'_>,
    args: &mut Args,
    seen: &mut Vec<String>,
    diagnostics: &mut Diagnostics,
) -> syn::Result<()> {
    if input.peek(LitStr) {
        let name: LitStr = input.parse()?;
        once("name", name.span(), seen, diagnostics);
        if attribute == Attribute::Job {
            diagnostics.error(
                name.span(),
                "a job set has fixed names; `namespace = \"..\"` puts a word before them",
            );
        }
        args.name = Some(name);
        return Ok(());
    }
    // A declared metric is called by a path; a keyword stands alone, before `=`, or before `(`.
    let fork = input.fork();
    let key = Ident::parse_any(&fork).ok();
    let keyword = key.filter(|key| {
        let word = naming::text(key);
        let call = fork.peek(syn::token::Paren) || fork.peek(Token![::]);
        fork.peek(Token![=]) && !fork.peek(Token![==])
            || fork.is_empty()
            || fork.peek(Token![,])
            || call && !fork.peek(Token![::]) && word == "labels"
    });
    let Some(key) = keyword else {
        return declared(attribute, input, args, seen, diagnostics);
    };
    let word = naming::text(&key);
    if attribute == Attribute::Job && !attribute.keys().contains(&&*word) && !fork.peek(Token![=]) {
        // In `#[job_metric(model, language)]` bare words are labels.
        Ident::parse_any(input)?;
        args.labels.push(Label {
            name: key,
            value: LabelExpr::Parameter,
        });
        return Ok(());
    }
    if !attribute.keys().contains(&&*word) {
        let keys: Vec<String> = attribute.keys().iter().map(ToString::to_string).collect();
        let mut message = format!(
            "unknown argument `{word}`{}",
            instead(&word, "arguments", &keys)
        );
        if !fork.peek(Token![=]) {
            use std::fmt::Write as _;
            let _ = write!(message, " (a label is written `labels({word})`)");
        }
        return Err(syn::Error::new(key.span(), message));
    }
    Ident::parse_any(input)?;
    once(&word, key.span(), seen, diagnostics);
    match &*word {
        "outcome" if !input.peek(Token![=]) => {
            if attribute == Attribute::Job {
                diagnostics.error(
                    key.span(),
                    "a job's status is always recorded; `outcome = |ret| ..` says how it is read",
                );
            }
            args.outcome = Some(OutcomeArg {
                span: key.span(),
                closure: None,
            });
            return Ok(());
        }
        "in_flight" => {
            if input.peek(Token![=]) {
                return Err(syn::Error::new(key.span(), "`in_flight` takes no value"));
            }
            args.in_flight = Some(key.span());
            return Ok(());
        }
        "labels" => {
            if !input.peek(syn::token::Paren) {
                return Err(syn::Error::new(
                    key.span(),
                    "labels are written `labels(a, b = expr)`",
                ));
            }
            let content;
            parenthesized!(content in input);
            let labels = Punctuated::<Label, Token![,]>::parse_terminated_with(&content, label)?;
            args.labels.extend(labels);
            return Ok(());
        }
        _ => {}
    }
    if !input.peek(Token![=]) {
        return Err(syn::Error::new(
            key.span(),
            format!("`{word}` needs a value: `{word} = ..`"),
        ));
    }
    input.parse::<Token![=]>()?;
    match &*word {
        "name" => args.name = Some(string(&word, input)?),
        "help" => args.help = Some(string(&word, input)?),
        "namespace" => args.namespace = Some(string(&word, input)?),
        "buckets" => args.buckets = Some((key.span(), input.parse()?)),
        "outcome" => {
            args.outcome = Some(OutcomeArg {
                span: key.span(),
                closure: Some(closure(input)?),
            });
        }
        "stage" => {
            let stage = Ident::parse_any(input)?;
            if stage != "submit" {
                return Err(syn::Error::new(
                    stage.span(),
                    format!("unknown stage `{stage}`; the only one is `submit`"),
                ));
            }
            args.stage_submit = Some(key.span());
        }
        "audio_seconds" => args.audio_seconds = Some((key.span(), input.parse()?)),
        "queued_since" => args.queued_since = Some((key.span(), input.parse()?)),
        "crate" => args.krate = Some(input.call(Path::parse_mod_style)?),
        // The keys were checked above.
        _ => {}
    }
    Ok(())
}

fn declared(
    attribute: Attribute,
    input: ParseStream<'_>,
    args: &mut Args,
    seen: &mut Vec<String>,
    diagnostics: &mut Diagnostics,
) -> syn::Result<()> {
    let expr: Expr = input.parse()?;
    match expr {
        Expr::Call(call) if matches!(&*call.func, Expr::Path(_)) => {
            once("name", call.func.span(), seen, diagnostics);
            args.declared = Some(call);
            Ok(())
        }
        other => Err(syn::Error::new(
            other.span(),
            format!(
                "unexpected `{}`; `#[{}(..)]` takes a {}, and `key = value` arguments",
                other.to_token_stream(),
                attribute.name(),
                match attribute {
                    Attribute::Job => "call of a declared job set or labels",
                    _ => "name or a call of a declared metric",
                }
            ),
        )),
    }
}

fn once(word: &str, span: Span, seen: &mut Vec<String>, diagnostics: &mut Diagnostics) {
    if seen.iter().any(|seen| seen == word) {
        diagnostics.error(span, format!("`{word}` is given twice"));
    }
    seen.push(word.to_owned());
}

fn string(key: &str, input: ParseStream<'_>) -> syn::Result<LitStr> {
    input.parse().map_err(|error| {
        syn::Error::new(
            error.span(),
            format!("`{key}` is a string literal: `{key} = \"..\"`"),
        )
    })
}

fn label(input: ParseStream<'_>) -> syn::Result<Label> {
    if input.peek(LitStr) {
        let name: LitStr = input.parse()?;
        return Err(syn::Error::new(
            name.span(),
            format!("a label is written without quotes: `{}`", name.value()),
        ));
    }
    let name = Ident::parse_any(input)?;
    if !input.peek(Token![=]) {
        return Ok(Label {
            name,
            value: LabelExpr::Parameter,
        });
    }
    input.parse::<Token![=]>()?;
    let value = match input.parse::<Expr>()? {
        Expr::Closure(closure) => LabelExpr::Returned(one_parameter(closure)?),
        expr => LabelExpr::Expr(expr),
    };
    Ok(Label { name, value })
}

fn closure(input: ParseStream<'_>) -> syn::Result<ExprClosure> {
    match input.parse::<Expr>()? {
        Expr::Closure(closure) => one_parameter(closure),
        other => Err(syn::Error::new(
            other.span(),
            "`outcome` takes a closure over a reference to the returned value: `outcome = |ret| ..`",
        )),
    }
}

fn one_parameter(closure: ExprClosure) -> syn::Result<ExprClosure> {
    if closure.inputs.len() == 1 {
        return Ok(closure);
    }
    Err(syn::Error::new(
        closure.span(),
        "the closure takes one parameter, a reference to the returned value: `|ret| ..`",
    ))
}
