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
//! submit! { Declaration { .. } }
//!
//! /// Speech segments found.
//! pub fn segments_total(model: Model) -> Counter {
//!     __INSTRUMETRICS_SEGMENTS_TOTAL.with((&model,))
//! }
//! ```

use crate::descriptor::{Buckets, Description, default_crate};
use crate::diagnostics::{Diagnostics, instead};
use crate::expand;
use crate::naming;
use crate::spec::{JobSet, check_job_labels};
use instrumetrics_grammar::{self as grammar, Kind};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{
    Attribute, Expr, FnArg, ForeignItemFn, GenericArgument, Item, ItemMod, Lit, LitInt, LitStr,
    Meta, Pat, Path, PathArguments, ReturnType, Token, Type,
};

/// Expands `#[metrics(..)] mod .. { .. }`.
pub(crate) fn metrics(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let module_args = ModuleArgs::parse(args, &mut diagnostics);
    let module = match syn::parse2::<ItemMod>(item.clone()) {
        Ok(module) => module,
        Err(error) => {
            // A body-less function outside of a module, say: the item alone would not compile either.
            diagnostics.error(
                error.span(),
                format!("`#[metrics]` stands on a module: `#[metrics] pub mod telemetry {{ .. }}` ({error})"),
            );
            return diagnostics.into_errors().unwrap_or_default();
        }
    };
    let Some((_, items)) = &module.content else {
        diagnostics.error(
            module.semi.map_or_else(|| module.ident.span(), |semi| semi.span),
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
                Err(error) => diagnostics.push(error),
            },
            other => others.push(other),
        }
    }
    let metrics: Vec<Metric> = declared
        .iter()
        .filter_map(|function| Metric::new(function, &module_args, &mut diagnostics))
        .collect();
    refuse_clashes(&metrics, &mut diagnostics);
    let krate = &module_args.krate;
    if let Some(errors) = diagnostics.into_errors() {
        return with_stubs(&module, &others, &declared, &errors);
    }
    let expanded = metrics.iter().map(|metric| metric.expand(krate));
    let registers = metrics.iter().map(Metric::register);
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

/// The module with its errors, and functions that diverge in place of the declared ones: what uses them is
/// not in error too.
fn with_stubs(
    module: &ItemMod,
    others: &[&Item],
    declared: &[ForeignItemFn],
    errors: &TokenStream,
) -> TokenStream {
    let stubs = declared.iter().map(|function| {
        let ForeignItemFn {
            attrs, vis, sig, ..
        } = function;
        let attrs = attrs.iter().filter(|attr| !attr.path().is_ident("metric"));
        quote! {
            #(#attrs)*
            #[allow(unused_variables, clippy::allow_attributes, clippy::allow_attributes_without_reason)]
            #vis #sig { ::core::unimplemented!() }
        }
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

/// What stands in `#[metrics(..)]`.
struct ModuleArgs {
    namespace: Option<LitStr>,
    krate: Path,
}

impl ModuleArgs {
    fn parse(tokens: TokenStream, diagnostics: &mut Diagnostics) -> Self {
        let mut args = Self {
            namespace: None,
            krate: default_crate(),
        };
        let keys = ["namespace", "crate"];
        let parsed = keyed(tokens, &keys, diagnostics, |key, input| {
            match key {
                "namespace" => args.namespace = Some(input.parse()?),
                _ => args.krate = input.call(Path::parse_mod_style)?,
            }
            Ok(())
        });
        diagnostics.take(parsed);
        if let Some(namespace) = &args.namespace {
            naming::check_namespace(namespace, diagnostics);
        }
        args
    }
}

/// Parses `key = value, ..`, each key at most once.
fn keyed(
    tokens: TokenStream,
    keys: &[&str],
    diagnostics: &mut Diagnostics,
    mut value: impl FnMut(&str, ParseStream<'_>) -> syn::Result<()>,
) -> syn::Result<()> {
    let mut seen: Vec<String> = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let key = Ident::parse_any(input)?;
            let word = naming::text(&key);
            if !keys.contains(&&*word) {
                let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
                return Err(syn::Error::new(
                    key.span(),
                    format!(
                        "unknown argument `{word}`{}",
                        instead(&word, "arguments", &keys)
                    ),
                ));
            }
            if seen.contains(&word) {
                diagnostics.error(key.span(), format!("`{word}` is given twice"));
            }
            if !input.peek(Token![=]) {
                return Err(syn::Error::new(
                    key.span(),
                    format!("`{word}` needs a value: `{word} = ..`"),
                ));
            }
            input.parse::<Token![=]>()?;
            value(&word, input)?;
            seen.push(word);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    };
    parser.parse2(tokens)
}

/// What stands in `#[metric(..)]`.
#[derive(Default)]
struct MetricArgs {
    name: Option<LitStr>,
    buckets: Option<(Span, Buckets)>,
    unit: Option<LitStr>,
    max_series: Option<LitInt>,
    prefix: Option<LitStr>,
}

impl MetricArgs {
    fn parse(attrs: &[Attribute], diagnostics: &mut Diagnostics) -> Self {
        let mut args = Self::default();
        let keys = ["name", "buckets", "unit", "max_series", "prefix"];
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("metric")) {
            let Meta::List(list) = &attr.meta else {
                diagnostics.error(attr.span(), "expected `#[metric(key = value)]`");
                continue;
            };
            let parsed = keyed(list.tokens.clone(), &keys, diagnostics, |key, input| {
                let span = input.span();
                match key {
                    "name" => args.name = Some(input.parse()?),
                    "buckets" => args.buckets = Some((span, input.parse()?)),
                    "unit" => args.unit = Some(input.parse()?),
                    "max_series" => args.max_series = Some(input.parse()?),
                    _ => args.prefix = Some(input.parse()?),
                }
                Ok(())
            });
            diagnostics.take(parsed);
        }
        args
    }
}

/// A declared metric, valid.
struct Metric<'a> {
    function: &'a ForeignItemFn,
    labels: Vec<(Ident, Type)>,
    conditions: Vec<&'a Attribute>,
    what: What,
}

enum What {
    Family(Box<Description>),
    Jobs(Box<JobSet>),
}

/// What a return type says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Returns {
    Family(Kind, bool),
    Jobs,
}

impl<'a> Metric<'a> {
    fn new(
        function: &'a ForeignItemFn,
        module: &ModuleArgs,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let signature = &function.sig;
        let ident = &signature.ident;
        for (span, word) in [
            (signature.asyncness.span_of(), "async"),
            (signature.constness.span_of(), "const"),
        ] {
            if let Some(span) = span {
                diagnostics.error(span, format!("a declared metric is not `{word}`"));
            }
        }
        if !signature.generics.params.is_empty() {
            diagnostics.error(
                signature.generics.span(),
                "a declared metric has no type or lifetime parameters: each label has one type",
            );
        }
        let args = MetricArgs::parse(&function.attrs, diagnostics);
        let help = doc(&function.attrs);
        if help.is_empty() {
            diagnostics.error(
                ident.span(),
                format!("`{ident}` has no help; write a doc comment above it, one sentence for the operator"),
            );
        }
        let labels = labels(function, diagnostics);
        let returns = returns(function, diagnostics)?;
        let names: Vec<(String, Span)> = labels
            .iter()
            .map(|(name, _)| (naming::text(name), name.span()))
            .collect();
        let what = match returns {
            Returns::Family(kind, real) => {
                if let Some(prefix) = &args.prefix {
                    diagnostics.error(
                        prefix.span(),
                        "`prefix` is for `Jobs`, whose names are fixed; here the function's name or `name` is used",
                    );
                }
                naming::check_labels(&names, kind, diagnostics);
                What::Family(Box::new(family(
                    function,
                    module,
                    args,
                    kind,
                    real,
                    help,
                    &names,
                    diagnostics,
                )))
            }
            Returns::Jobs => {
                check_job_labels(&names, diagnostics);
                What::Jobs(Box::new(job_set(
                    function,
                    module,
                    args,
                    &names,
                    diagnostics,
                )))
            }
        };
        let conditions = function
            .attrs
            .iter()
            .filter(|attr| attr.path().is_ident("cfg"))
            .collect();
        Some(Self {
            function,
            labels,
            conditions,
            what,
        })
    }

    /// The name of its static.
    fn static_name(&self) -> TokenStream {
        let name = naming::text(&self.function.sig.ident).to_uppercase();
        format_ident!("__INSTRUMETRICS_{name}").into_token_stream()
    }

    fn types(&self) -> TokenStream {
        let types = self.labels.iter().map(|(_, ty)| ty);
        quote!((#(#types,)*))
    }

    fn register(&self) -> TokenStream {
        let (name, types, conditions) = (self.static_name(), self.types(), &self.conditions);
        quote!(#(#conditions)* #name.register::<#types>();)
    }

    fn expand(&self, krate: &Path) -> TokenStream {
        let ForeignItemFn {
            attrs, vis, sig, ..
        } = self.function;
        let (name, types, conditions) = (self.static_name(), self.types(), &self.conditions);
        let attrs = attrs.iter().filter(|attr| !attr.path().is_ident("metric"));
        let register = quote!(#name.register::<#types>());
        let (statics, links) = match &self.what {
            What::Family(description) => {
                let ReturnType::Type(_, instrument) = &sig.output else {
                    return TokenStream::new();
                };
                let instrument = instrument.to_token_stream();
                (
                    expand::declared_static(krate, &name, &instrument, description),
                    expand::submit(krate, &quote!(#name.descriptor()), Some(&register)),
                )
            }
            What::Jobs(set) => (
                expand::job_set(krate, &name, set),
                expand::submit_set(krate, &name, Some(&register)),
            ),
        };
        let values = self.labels.iter().map(|(name, _)| name);
        let inputs = sig.inputs.span();
        let small = quote_spanned! {inputs=>
            #krate::__private::check_dense(<#types as #krate::__private::LabelSet>::CARDINALITY)
        };
        quote! {
            #(#conditions)*
            #statics
            #(#conditions)*
            const _: () = {
                #links
                #small
            };
            #(#attrs)*
            #vis #sig {
                #name.with((#(&#values,)*))
            }
        }
    }

    /// The names it exposes, with their place.
    fn exposed(&self) -> Vec<(String, Span)> {
        match &self.what {
            What::Family(description) => exposed(description),
            What::Jobs(set) => set
                .all()
                .iter()
                .flat_map(|metric| exposed(metric))
                .collect(),
        }
    }
}

/// What a metric exposes: two metrics of a module must not share one of these.
fn exposed(description: &Description) -> Vec<(String, Span)> {
    let name = &description.name;
    let span = description.span;
    let (base, suffixes): (&str, &[&str]) = match description.kind {
        Kind::Counter => (
            name.strip_suffix("_total").unwrap_or(name),
            &["_total", "_created"],
        ),
        Kind::Gauge => (name, &[]),
        Kind::Histogram => (name, &["_bucket", "_sum", "_count", "_created"]),
    };
    let suffixed = suffixes.iter().map(|suffix| format!("{base}{suffix}"));
    std::iter::once(base.to_owned())
        .chain(suffixed)
        .map(|name| (name, span))
        .collect()
}

fn refuse_clashes(metrics: &[Metric<'_>], diagnostics: &mut Diagnostics) {
    let mut taken: std::collections::HashMap<String, String> = std::collections::HashMap::new();
    for metric in metrics {
        let function = naming::text(&metric.function.sig.ident);
        // A metric under a condition may stand in for another under the opposite one.
        if !metric.conditions.is_empty() {
            continue;
        }
        let exposed = metric.exposed();
        let clash = exposed
            .iter()
            .find_map(|(name, span)| Some((name, *span, taken.get(name)?)));
        if let Some((name, span, other)) = clash {
            diagnostics.error(
                span,
                format!(
                    "`{function}` and `{other}` both expose the name `{name}`; rename one of them"
                ),
            );
        }
        for (name, _) in exposed {
            taken.entry(name).or_insert_with(|| function.clone());
        }
    }
}

/// Where a keyword stands, if it does.
trait SpanOf {
    fn span_of(&self) -> Option<Span>;
}

impl<T: Spanned> SpanOf for Option<T> {
    fn span_of(&self) -> Option<Span> {
        self.as_ref().map(Spanned::span)
    }
}

/// The doc comment as one line.
fn doc(attrs: &[Attribute]) -> String {
    let lines = attrs
        .iter()
        .filter(|attr| attr.path().is_ident("doc"))
        .filter_map(|attr| {
            let Meta::NameValue(doc) = &attr.meta else {
                return None;
            };
            match &doc.value {
                Expr::Lit(syn::ExprLit {
                    lit: Lit::Str(line),
                    ..
                }) => Some(line.value()),
                _ => None,
            }
        });
    let text: Vec<String> = lines.collect();
    // The first paragraph says it; what follows is for people who read the code.
    let mut words = Vec::new();
    for line in text
        .iter()
        .map(|line| line.trim())
        .skip_while(|line| line.is_empty())
    {
        if line.is_empty() {
            break;
        }
        words.push(line);
    }
    words.join(" ")
}

fn labels(function: &ForeignItemFn, diagnostics: &mut Diagnostics) -> Vec<(Ident, Type)> {
    let mut labels = Vec::new();
    for input in &function.sig.inputs {
        match input {
            FnArg::Typed(input) => match &*input.pat {
                Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
                    if let Type::ImplTrait(ty) = &*input.ty {
                        diagnostics
                            .error(ty.span(), "a label has one type; write `&str`, or the enum");
                    }
                    labels.push((pat.ident.clone(), (*input.ty).clone()));
                }
                other => diagnostics.error(other.span(), "a label is written `name: Type`"),
            },
            FnArg::Receiver(receiver) => {
                diagnostics.error(receiver.span(), "a declared metric has no `self`");
            }
        }
    }
    labels
}

fn returns(function: &ForeignItemFn, diagnostics: &mut Diagnostics) -> Option<Returns> {
    const EXPECTED: &str =
        "a declared metric returns `Counter`, `Counter<f64>`, `Gauge`, `Histogram` or `Jobs`";
    let ReturnType::Type(_, ty) = &function.sig.output else {
        diagnostics.error(
            function.sig.ident.span(),
            format!("`{}` returns nothing; {EXPECTED}", function.sig.ident),
        );
        return None;
    };
    let unknown = |diagnostics: &mut Diagnostics| {
        let written = ty.to_token_stream().to_string().replace(' ', "");
        let kinds: Vec<String> = ["Counter", "Gauge", "Histogram", "Jobs"]
            .iter()
            .map(ToString::to_string)
            .collect();
        let near = grammar::nearest(&written, kinds.iter().map(String::as_str))
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        diagnostics.error(
            ty.span(),
            format!("unknown return type `{written}`: {EXPECTED}{near}"),
        );
        None
    };
    let Type::Path(path) = &**ty else {
        return unknown(diagnostics);
    };
    let Some(last) = path.path.segments.last() else {
        return unknown(diagnostics);
    };
    let argument = match &last.arguments {
        PathArguments::None => None,
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(Type::Path(ty))) if arguments.args.len() == 1 => {
                ty.path.get_ident().map(ToString::to_string)
            }
            _ => return unknown(diagnostics),
        },
        PathArguments::Parenthesized(_) => return unknown(diagnostics),
    };
    match (last.ident.to_string().as_str(), argument.as_deref()) {
        ("Counter", None | Some("u64")) => Some(Returns::Family(Kind::Counter, false)),
        ("Counter", Some("f64")) => Some(Returns::Family(Kind::Counter, true)),
        ("Gauge", None) => Some(Returns::Family(Kind::Gauge, false)),
        ("Histogram", None) => Some(Returns::Family(Kind::Histogram, false)),
        ("Jobs", None) => Some(Returns::Jobs),
        _ => unknown(diagnostics),
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "called once, where all of it is at hand"
)]
fn family(
    function: &ForeignItemFn,
    module: &ModuleArgs,
    args: MetricArgs,
    kind: Kind,
    real: bool,
    help: String,
    labels: &[(String, Span)],
    diagnostics: &mut Diagnostics,
) -> Description {
    let ident = &function.sig.ident;
    let (name, span) = match &args.name {
        Some(name) => (name.value(), name.span()),
        None => (naming::text(ident), ident.span()),
    };
    let namespace = module.namespace.as_ref().map(LitStr::value);
    let named = naming::check_metric_name(namespace.as_deref(), &name, kind, span, diagnostics);
    let full = naming::full_name(namespace.as_deref(), &name);
    let mut description = Description::new(full, help, kind, span);
    description.real = real;
    description.namespaced = namespace.is_some();
    description.labels = labels.iter().map(|(label, _)| label.clone()).collect();
    if let Some(unit) = &args.unit {
        let unit_text = unit.value();
        let base = name.strip_suffix("_total").unwrap_or(&name);
        if base
            .strip_suffix(unit_text.as_str())
            .is_none_or(|rest| !rest.ends_with('_'))
        {
            diagnostics.error(
                unit.span(),
                format!(
                    "the unit is a suffix of the name; write the name `{base}_{unit_text}{}`",
                    if kind == Kind::Counter { "_total" } else { "" }
                ),
            );
        }
        description.unit = Some(unit_text);
    }
    match (&args.buckets, kind) {
        (Some((_, buckets)), Kind::Histogram) => {
            description.bounds = Some(buckets.tokens(&module.krate, diagnostics));
        }
        (Some((span, _)), _) => {
            diagnostics.error(*span, format!("a {} has no buckets", kind.as_str()));
        }
        (None, Kind::Histogram) if named && grammar::default_bounds(&name).is_none() => {
            diagnostics.error(
                span,
                format!("`{name}` has no known unit, so no default buckets; write `#[metric(buckets = [..])]`, or a name that ends in `_seconds`, `_bytes` or `_ratio`"),
            );
        }
        (None, _) => {}
    }
    description.max_series = max_series(args.max_series.as_ref(), diagnostics);
    description
}

fn max_series(given: Option<&LitInt>, diagnostics: &mut Diagnostics) -> Option<usize> {
    let given = given?;
    match given.base10_parse() {
        Ok(n) if n > 0 => Some(n),
        _ => {
            diagnostics.error(given.span(), "`max_series` is a whole number from 1");
            None
        }
    }
}

fn job_set(
    function: &ForeignItemFn,
    module: &ModuleArgs,
    args: MetricArgs,
    labels: &[(String, Span)],
    diagnostics: &mut Diagnostics,
) -> JobSet {
    for (given, key) in [(args.name.span_of(), "name"), (args.unit.span_of(), "unit")] {
        if let Some(span) = given {
            diagnostics.error(
                span,
                format!("`{key}` is not for `Jobs`, whose names are fixed; `prefix = \"..\"` puts a word before them"),
            );
        }
    }
    let mut prefix = module.namespace.as_ref().map(LitStr::value);
    if let Some(word) = &args.prefix {
        naming::check_namespace(word, diagnostics);
        prefix = Some(naming::full_name(prefix.as_deref(), &word.value()));
    }
    let bounds = args
        .buckets
        .map(|(_, buckets)| buckets.tokens(&module.krate, diagnostics));
    let span = function.sig.ident.span();
    let mut set = JobSet::new(
        prefix.as_deref(),
        labels.iter().map(|(label, _)| label.clone()).collect(),
        bounds,
        span,
    );
    let max_series = max_series(args.max_series.as_ref(), diagnostics);
    let namespaced = module.namespace.is_some();
    for metric in set.all_mut() {
        metric.max_series = max_series;
        metric.namespaced = namespaced;
        if let Err(violation) = grammar::metric_name(&metric.name, grammar::MAX_METRIC_NAME_LENGTH)
        {
            diagnostics.violation(span, violation, None::<&str>);
        }
    }
    set
}
