//! The macros as functions on tokens: they never panic, and what they become is kept to be read.

use super::{args::Attribute, declare, expand, label_value};
use proc_macro2::TokenStream;
use std::path::Path;

#[path = "../../ui-tests/generated/mod.rs"]
#[expect(dead_code, reason = "shared with the tests that compile")]
mod generated;

const ATTRIBUTES: [Attribute; 3] = [Attribute::Timed, Attribute::Counted, Attribute::Job];

fn expanded(attribute: Attribute, args: &str, item: &str) -> TokenStream {
    expand::attribute(attribute, args.parse().unwrap(), item.parse().unwrap())
}

#[test]
fn no_tokens_make_a_macro_panic() {
    let mut random = generated::Random::new(0x5eed_5eed);
    let mut expansions = 0;
    for _ in 0..4_000 {
        let (args, item) = (generated::soup(&mut random), generated::soup(&mut random));
        let (Ok(args), Ok(item)) = (args.parse::<TokenStream>(), item.parse::<TokenStream>())
        else {
            continue;
        };
        let function: TokenStream = "pub async fn f<T>(&self, a: u8, b: T) -> Result<T, ()> { x }"
            .parse()
            .unwrap();
        for attribute in ATTRIBUTES {
            expand::attribute(attribute, args.clone(), function.clone());
            expand::attribute(attribute, args.clone(), item.clone());
        }
        declare::metrics(args.clone(), item.clone());
        let module = quote::quote!(mod m { #item });
        declare::metrics(args.clone(), module);
        let declared = quote::quote!(
            mod m {
                #[doc = "x"]
                #[metric(#args)]
                fn x_total() -> Counter;
            }
        );
        declare::metrics(TokenStream::new(), declared);
        label_value::derive(item.clone());
        label_value::derive(quote::quote!(
            #[label(#args)]
            enum E {
                #[label(#args)]
                A,
                B,
            }
        ));
        expansions += 11;
    }
    assert!(expansions > 40_000, "{expansions}");
}

#[test]
fn what_is_valid_expands_to_items_and_nothing_else() {
    let mut random = generated::Random::new(7);
    for n in 0..2_000 {
        let source = generated::valid(&mut random, n);
        let module: syn::ItemMod = syn::parse_str(&source).unwrap();
        let Some(syn::Item::Fn(mut function)) =
            module.content.and_then(|(_, mut items)| items.pop())
        else {
            panic!("{source}");
        };
        // As the compiler does: the first attribute, on the item with the others.
        let first = function.attrs.remove(0);
        let attribute = match () {
            () if first.path().is_ident("timed") => Attribute::Timed,
            () if first.path().is_ident("counted") => Attribute::Counted,
            () => Attribute::Job,
        };
        let args = first.meta.require_list().unwrap().tokens.clone();
        let tokens = expand::attribute(attribute, args, quote::quote!(#function));
        let text = tokens.to_string();
        assert!(!text.contains("compile_error"), "{source}\n{text}");
        syn::parse2::<syn::File>(tokens).unwrap();
    }
}

#[test]
fn expansions_are_as_they_were_read() {
    let snapshots = [
        ("timed", expanded(Attribute::Timed, "", "fn sort(list: &mut [u32]) { list.sort(); }")),
        (
            "timed_outcome",
            expanded(
                Attribute::Timed,
                r#""fetch_seconds", labels(host, port = url.port()), outcome, in_flight"#,
                "fn fetch(host: &str, url: Url) -> Result<Page, Error> { get(host, url)? }",
            ),
        ),
        (
            "timed_async_outcome",
            expanded(
                Attribute::Timed,
                r#""fetch_seconds", outcome, buckets = [0.5, 1]"#,
                "pub async fn fetch(host: &str) -> Result<impl Read, Error> { get(host).await }",
            ),
        ),
        (
            "timed_boxed_future",
            expanded(
                Attribute::Timed,
                r#""poll_seconds", outcome"#,
                "fn poll(&self) -> Pin<Box<dyn Future<Output = Result<u8, E>> + '_>> { let a = 1; Box::pin(async move { self.x(a).await }) }",
            ),
        ),
        (
            "timed_declared",
            expanded(
                Attribute::Timed,
                "telemetry::decode_seconds(audio.codec())",
                "async fn decode(audio: &Audio) -> Pcm { work(audio).await }",
            ),
        ),
        ("counted", expanded(Attribute::Counted, "", "fn r#ring(_bell: &str) -> ! { loop {} }")),
        (
            "counted_returned_label",
            expanded(
                Attribute::Counted,
                r#""replies_total", labels(route, code = |ret| ret.code), outcome = |ret| judge(ret)"#,
                "fn reply<T: Route>(route: T) -> Reply { answer(route) }",
            ),
        ),
        (
            "job_inline",
            expanded(
                Attribute::Job,
                "model, language, namespace = \"whisper\", queued_since = queued",
                "async fn run(model: Model, language: String, queued: Instant) -> Result<(), E> { go().await }",
            ),
        ),
        (
            "job_submit",
            expanded(
                Attribute::Job,
                "telemetry::jobs(model, language), stage = submit",
                "fn submit(model: Model, language: &str) -> Result<Id, Full> { push() }",
            ),
        ),
        (
            "metrics",
            declare::metrics(
                r#"namespace = "app""#.parse().unwrap(),
                "pub mod telemetry {
                    use instrumetrics::Counter;
                    /// Installations.
                    pub fn installs_total(platform: Platform, region: &str) -> Counter;
                }"
                .parse()
                .unwrap(),
            ),
        ),
        (
            "label_value",
            label_value::derive(
                r#"#[label(rename_all = "kebab-case")] enum Size { ExtraSmall, #[label("XXL")] Huge }"#
                    .parse()
                    .unwrap(),
            ),
        ),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/snapshots");
    for (name, tokens) in snapshots {
        let text = prettyplease::unparse(&syn::parse2(tokens).unwrap());
        let file = folder.join(format!("{name}.txt"));
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&file, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(
            text, kept,
            "{name} expands otherwise; read it, then UPDATE_SNAPSHOTS=1 cargo test -p instrumetrics-macros"
        );
    }
}

#[test]
fn half_typed_bodies_are_left_to_the_compiler() {
    // What follows the attribute has matched brackets but is no body yet.
    for (attribute, item) in [
        (Attribute::Timed, "fn f(x: u8) -> u8 { let y = x. ; y + }"),
        (
            Attribute::Timed,
            "async fn f(x: u8) -> Result<u8, ()> { x.map(|) ; }",
        ),
        (
            Attribute::Counted,
            "fn f() -> impl Future<Output = u8> { async move { let } }",
        ),
    ] {
        let text = expanded(attribute, "outcome", item).to_string();
        assert!(!text.contains("compile_error"), "{item}\n{text}");
    }
}
