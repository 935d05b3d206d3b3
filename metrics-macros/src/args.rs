//! Tokens to arguments, spans kept.
//!
//! Longer than other files for the table of keys, one arm each, and the tests of what it must survive.

use crate::descriptor::Buckets;
use crate::diagnostics::{Diagnostics, instead};
use crate::naming;
use instrumetrics_grammar as grammar;
use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
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

#[expect(clippy::too_many_lines, reason = "one arm for each key")]
fn argument(
    attribute: Attribute,
    input: ParseStream<'_>,
    args: &mut Args,
    seen: &mut Vec<String>,
    diagnostics: &mut Diagnostics,
) -> syn::Result<()> {
    if input.peek(LitStr) {
        let name: LitStr = input.parse()?;
        if attribute != Attribute::Job {
            once("name", name.span(), seen, diagnostics);
        }
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
        return declared(attribute, input, args, diagnostics);
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
        return Err(unknown(attribute, &key, fork.peek(Token![=])));
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
    equals(&key, input, example(&word))?;
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
            let stage: Expr = input.parse()?;
            if !matches!(&stage, Expr::Path(path) if path.path.is_ident("submit")) {
                return Err(syn::Error::new_spanned(
                    &stage,
                    "unknown stage; the only one is `submit`, and an attribute without `stage` is where the job runs",
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
    diagnostics: &mut Diagnostics,
) -> syn::Result<()> {
    let expr: Expr = input.parse()?;
    match ungrouped(expr) {
        Expr::Call(call) => {
            let Expr::Path(function) = &*call.func else {
                return Err(unexpected(attribute, &call));
            };
            // A keyword with parentheses, or nearly `labels(..)`.
            if let Some(word) = function.path.get_ident() {
                let text = naming::text(word);
                if attribute.keys().contains(&&*text) {
                    let example = example(&text);
                    let message = format!("`{text}` takes no parentheses: write `{text}{example}`");
                    return Err(syn::Error::new(word.span(), message));
                }
                if grammar::nearest(&text, ["labels"]).is_some() {
                    let message = format!("unknown argument `{text}`; did you mean `labels`?");
                    return Err(syn::Error::new(word.span(), message));
                }
            }
            if args.declared.is_some() {
                diagnostics.push(syn::Error::new_spanned(
                    &call.func,
                    format!(
                        "a second declared metric; for another one write another `#[{}(..)]`",
                        attribute.name()
                    ),
                ));
            }
            args.declared = Some(call);
            Ok(())
        }
        Expr::Path(path) => {
            let text = naming::path(&path.path);
            Err(syn::Error::new_spanned(
                path,
                format!("a declared metric is called, with its labels: `{text}(..)`"),
            ))
        }
        other => Err(unexpected(attribute, &other)),
    }
}

fn unexpected(attribute: Attribute, tokens: &impl quote::ToTokens) -> syn::Error {
    let takes = match attribute {
        Attribute::Job => {
            "labels (`shop`), a call of a declared job set (`telemetry::jobs(shop)`) and `key = value` arguments"
        }
        Attribute::Timed => {
            "a name (`\"order_seconds\"`), or a call of a declared metric (`telemetry::order_seconds()`), and `key = value` arguments"
        }
        Attribute::Counted => {
            "a name (`\"orders_total\"`), or a call of a declared metric (`telemetry::orders_total()`), and `key = value` arguments"
        }
    };
    let name = attribute.name();
    syn::Error::new_spanned(
        tokens,
        format!("unexpected argument; `#[{name}(..)]` takes {takes}"),
    )
}

fn unknown(attribute: Attribute, key: &Ident, valued: bool) -> syn::Error {
    use std::fmt::Write as _;
    let word = naming::text(key);
    if word == "skip" {
        let name = attribute.name();
        let message = format!(
            "`#[{name}(skip)]` leaves out a method of an `impl` that has `#[{name}]`; here remove the attribute"
        );
        return syn::Error::new(key.span(), message);
    }
    let keys: Vec<String> = attribute.keys().iter().map(ToString::to_string).collect();
    let mut message = format!(
        "unknown argument `{word}`{}",
        instead(&word, "arguments", &keys)
    );
    if !valued {
        let _ = write!(message, " (a label is written `labels({word})`)");
    }
    syn::Error::new(key.span(), message)
}

/// What follows a key.
fn example(word: &str) -> &'static str {
    match word {
        "name" | "help" | "namespace" => " = \"..\"",
        "buckets" => " = [..]",
        "outcome" => " = |ret| ..",
        "stage" => " = submit",
        "crate" => " = path",
        "in_flight" => "",
        _ => " = expr",
    }
}

/// The `=` between a key and its value, and something after it.
pub(crate) fn equals(key: &Ident, input: ParseStream<'_>, example: &str) -> syn::Result<()> {
    let needs = || {
        let word = naming::text(key);
        let message = format!("`{word}` needs a value: `{word}{example}`");
        syn::Error::new(key.span(), message)
    };
    if !input.peek(Token![=]) {
        return Err(needs());
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(needs());
    }
    Ok(())
}

/// An expression without the invisible group that a macro by example puts around it.
pub(crate) fn ungrouped(expr: Expr) -> Expr {
    match expr {
        Expr::Group(group) => ungrouped(*group.expr),
        expr => expr,
    }
}

fn once(word: &str, span: Span, seen: &mut Vec<String>, diagnostics: &mut Diagnostics) {
    if seen.iter().any(|seen| seen == word) {
        diagnostics.error(span, format!("`{word}` is given twice"));
    }
    seen.push(word.to_owned());
}

pub(crate) fn string(key: &str, input: ParseStream<'_>) -> syn::Result<LitStr> {
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
    equals(&name, input, " = expr")?;
    let value = match ungrouped(input.parse()?) {
        Expr::Closure(closure) => LabelExpr::Returned(one_parameter(closure)?),
        expr => LabelExpr::Expr(expr),
    };
    Ok(Label { name, value })
}

fn closure(input: ParseStream<'_>) -> syn::Result<ExprClosure> {
    match ungrouped(input.parse()?) {
        Expr::Closure(closure) => one_parameter(closure),
        other => Err(syn::Error::new_spanned(
            other,
            "`outcome` takes a closure over a reference to the returned value: `outcome = |ret| ..`",
        )),
    }
}

fn one_parameter(closure: ExprClosure) -> syn::Result<ExprClosure> {
    if closure.inputs.len() == 1 {
        return Ok(closure);
    }
    Err(syn::Error::new_spanned(
        closure,
        "the closure takes one parameter, a reference to the returned value: `|ret| ..`",
    ))
}

#[cfg(test)]
mod tests {
    use super::{Attribute, Diagnostics, parse};
    use std::str::FromStr;

    const ATTRIBUTES: [Attribute; 3] = [Attribute::Timed, Attribute::Counted, Attribute::Job];

    /// How many faults there are in these arguments.
    fn faults(attribute: Attribute, text: &str) -> Option<usize> {
        let tokens = proc_macro2::TokenStream::from_str(text).ok()?;
        let mut diagnostics = Diagnostics::default();
        let args = parse(attribute, tokens, &mut diagnostics);
        if let Some((_, buckets)) = &args.buckets {
            let krate = crate::descriptor::default_crate();
            buckets.tokens(&krate, &mut diagnostics);
        }
        Some(diagnostics.into_iter().count())
    }

    #[test]
    fn good_arguments_parse() {
        for text in [
            "",
            "\"order_seconds\", help = \"Orders.\", outcome, in_flight, namespace = \"shop\",",
            "name = \"order_seconds\", labels(a, b = x.y(), c = |ret| ret.z, r#type), crate = a::b",
            "telemetry::order_seconds(a, &b, if c { d } else { e })",
            "order_seconds()",
            "buckets = [0.1, 1], outcome = |ret| f(ret)",
            "buckets = exponential(0.1, 2.0, 5)",
            "buckets = &[0.1, X]",
            "buckets = limits::X",
        ] {
            assert_eq!(faults(Attribute::Timed, text), Some(0), "{text}");
        }
        for text in [
            "",
            "model, language",
            "model, stage = submit",
            "labels(stage)",
            "t::jobs(a)",
        ] {
            assert_eq!(faults(Attribute::Job, text), Some(0), "{text}");
        }
    }

    #[test]
    fn each_mistake_is_one_fault_and_the_rest_is_read() {
        for (text, expected) in [
            ("helps = \"x\"", 1),
            ("help = 5, nam = \"x\", outcome, outcome", 3),
            ("labels = x, = , in_flight = 1", 3),
            ("lables(x)", 1),
            ("buckets(1.0)", 1),
            ("buckets = [1.0, 1e999]", 1),
            ("buckets = linear(1e999, 1.0, 3)", 1),
            ("buckets = exponential(-1, 0.5, 0)", 3),
            ("a::b(), c::d()", 1),
        ] {
            assert_eq!(faults(Attribute::Timed, text), Some(expected), "{text}");
        }
    }

    #[test]
    fn no_arguments_make_it_panic() {
        const PARTS: [&str; 36] = [
            "name",
            "help",
            "labels",
            "buckets",
            "outcome",
            "in_flight",
            "namespace",
            "stage",
            "submit",
            "crate",
            "audio_seconds",
            "=",
            "=",
            "=",
            "==",
            ",",
            ",",
            ",",
            "(",
            ")",
            "[",
            "]",
            "|ret|",
            "||",
            "\"a\"",
            "5",
            "1e999",
            "-",
            "::",
            "a",
            "exponential(1, 2, 3)",
            "[0.1, 0.2]",
            "a::b(c)",
            "#",
            "'a",
            "r#type",
        ];
        // xorshift, seeded: the same arguments in every run.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = |bound: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % bound as u64).unwrap_or_default()
        };
        let mut read = 0;
        for _ in 0..30_000 {
            let length = next(9);
            let text: Vec<&str> = (0..=length).map(|_| PARTS[next(PARTS.len())]).collect();
            let text = text.join(" ");
            for attribute in ATTRIBUTES {
                read += usize::from(faults(attribute, &text).is_some());
            }
        }
        assert!(read > 30_000, "only {read} were tokens at all");
    }
}
