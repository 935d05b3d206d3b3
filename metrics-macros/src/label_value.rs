//! `#[derive(LabelValue)]`.

use crate::descriptor::default_crate;
use crate::diagnostics::{Diagnostics, instead};
use crate::naming;
use instrumetrics_grammar as grammar;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, LitStr, Path};

/// How the names of variants become values, as in serde.
#[derive(Clone, Copy)]
enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

const CASES: [(&str, Case); 8] = [
    ("lowercase", Case::Lower),
    ("UPPERCASE", Case::Upper),
    ("PascalCase", Case::Pascal),
    ("camelCase", Case::Camel),
    ("snake_case", Case::Snake),
    ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
    ("kebab-case", Case::Kebab),
    ("SCREAMING-KEBAB-CASE", Case::ScreamingKebab),
];

impl Case {
    /// Of a variant, which is written in `PascalCase`. A word begins at each upper-case letter.
    fn apply(self, variant: &str) -> String {
        let words = |separator: char| {
            let mut out = String::new();
            for (i, c) in variant.char_indices() {
                if i > 0 && c.is_uppercase() {
                    out.push(separator);
                }
                out.extend(c.to_lowercase());
            }
            out
        };
        match self {
            Self::Lower => variant.to_lowercase(),
            Self::Upper => variant.to_uppercase(),
            Self::Pascal => variant.to_owned(),
            Self::Camel => {
                let mut chars = variant.chars();
                chars
                    .next()
                    .map(|first| first.to_lowercase().chain(chars).collect())
                    .unwrap_or_default()
            }
            Self::Snake => words('_'),
            Self::ScreamingSnake => words('_').to_uppercase(),
            Self::Kebab => words('-'),
            Self::ScreamingKebab => words('-').to_uppercase(),
        }
    }
}

/// Expands the derive.
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let Some(input) = diagnostics.take(syn::parse2::<DeriveInput>(item)) else {
        return diagnostics.into_errors().unwrap_or_default();
    };
    let (krate, variants) = variants(&input, &mut diagnostics);
    let ident = &input.ident;
    let (impl_generics, type_generics, where_clause) = input.generics.split_for_impl();
    let values: Vec<&String> = variants.iter().map(|(_, value)| value).collect();
    let count = values.len();
    let index = variants
        .iter()
        .enumerate()
        .map(|(i, (variant, _))| quote!(Self::#variant { .. } => #i,));
    let index = if variants.is_empty() {
        // Nothing to match on; emitted only beside an error.
        quote!(0)
    } else {
        quote!(match *self { #(#index)* })
    };
    let errors = diagnostics.into_errors();
    // Emitted in any case: with the error alone, every use of the type would be in error too.
    quote! {
        #errors

        #[automatically_derived]
        impl #impl_generics #krate::LabelValue for #ident #type_generics #where_clause {
            const CARDINALITY: ::core::option::Option<usize> =
                ::core::option::Option::Some(#count);
            const FINGERPRINT: u64 = #krate::__private::fingerprint(&[#(#values),*]);

            #[inline]
            fn index(&self) -> usize {
                #index
            }

            fn value_at(index: usize) -> &'static str {
                const VALUES: [&str; #count] = [#(#values),*];
                match VALUES.get(index) {
                    ::core::option::Option::Some(value) => value,
                    ::core::option::Option::None => "",
                }
            }

            #[inline]
            fn text(&self) -> #krate::LabelText<'_> {
                ::core::convert::From::from(
                    <Self as #krate::LabelValue>::value_at(#krate::LabelValue::index(self)),
                )
            }
        }
    }
}

/// The crate's path, and the variants with their values.
fn variants(input: &DeriveInput, diagnostics: &mut Diagnostics) -> (Path, Vec<(Ident, String)>) {
    let (mut case, mut cased) = (None, false);
    let mut krate = default_crate();
    each_label(&input.attrs, diagnostics, |meta, diagnostics| {
        if meta.path.is_ident("rename_all") {
            let name: LitStr = meta.value()?.parse()?;
            let known = CASES.iter().find(|(known, _)| *known == name.value());
            if known.is_none() {
                let names: Vec<String> = CASES.iter().map(|(name, _)| (*name).to_owned()).collect();
                diagnostics.error(
                    name.span(),
                    format!(
                        "unknown case `{}`{}",
                        name.value(),
                        instead(&name.value(), "cases", &names)
                    ),
                );
            }
            if std::mem::replace(&mut cased, true) {
                diagnostics.error(meta.path.span(), "`rename_all` is given twice");
            }
            case = known.map(|(_, case)| *case);
            Ok(())
        } else if meta.path.is_ident("crate") {
            krate = meta.value()?.call(Path::parse_mod_style)?;
            Ok(())
        } else {
            let word = naming::path(&meta.path);
            let keys = ["rename_all", "crate"].map(str::to_owned);
            Err(syn::Error::new_spanned(
                &meta.path,
                format!(
                    "unknown argument `{word}`{}",
                    instead(&word, "arguments", &keys)
                ),
            ))
        }
    });
    let Data::Enum(data) = &input.data else {
        diagnostics.error(
            input.ident.span(),
            "`LabelValue` is derived for enums; for another type write `impl LabelValue` with `fn text`",
        );
        return (krate, Vec::new());
    };
    if data.variants.is_empty() {
        diagnostics.error(
            input.ident.span(),
            "an enum without variants has no label values; add one",
        );
    }
    let mut variants: Vec<(Ident, String)> = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            diagnostics.push(syn::Error::new_spanned(
                &variant.fields,
                format!(
                    "variant `{}` has fields; label values are a fixed list of names",
                    variant.ident
                ),
            ));
        }
        let (value, span) = value(variant, case, diagnostics);
        if value.is_empty() {
            diagnostics.error(
                span,
                "an empty value is the absent label; write `Option` for a label that may be absent",
            );
        } else if value.len() > grammar::MAX_LABEL_VALUE_LENGTH {
            diagnostics.error(
                span,
                format!(
                    "this value has {} bytes, and a label value at most {}",
                    value.len(),
                    grammar::MAX_LABEL_VALUE_LENGTH
                ),
            );
        }
        if let Some((earlier, _)) = variants.iter().find(|(_, theirs)| *theirs == value) {
            diagnostics.error(span, format!("`{earlier}` has the value `{value}` already; write another one with `#[label(\"..\")]`"));
        }
        variants.push((variant.ident.clone(), value));
    }
    (krate, variants)
}

/// The value of a variant: `#[label("..")]`, or its name in the given case.
fn value(
    variant: &syn::Variant,
    case: Option<Case>,
    diagnostics: &mut Diagnostics,
) -> (String, Span) {
    let mut given = None;
    for attr in variant
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("label"))
    {
        match attr.parse_args::<LitStr>() {
            Ok(second) if given.is_some() => {
                diagnostics.error(second.span(), "a second value; a variant has one");
            }
            Ok(value) => given = Some(value),
            Err(error) => diagnostics.error(
                error.span(),
                "on a variant `label` takes its value: `#[label(\"..\")]`",
            ),
        }
    }
    if let Some(value) = given {
        return (value.value(), value.span());
    }
    let name = naming::text(&variant.ident.unraw());
    let value = case.map_or_else(|| name.clone(), |case| case.apply(&name));
    (value, variant.ident.span())
}

fn each_label(
    attrs: &[Attribute],
    diagnostics: &mut Diagnostics,
    mut each: impl FnMut(syn::meta::ParseNestedMeta<'_>, &mut Diagnostics) -> syn::Result<()>,
) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("label")) {
        if let Ok(value) = attr.parse_args::<LitStr>() {
            diagnostics.error(
                value.span(),
                "a value stands on a variant; on the enum write `#[label(rename_all = \"snake_case\")]`",
            );
            continue;
        }
        let parsed = attr.parse_nested_meta(|meta| each(meta, diagnostics));
        diagnostics.take(parsed);
    }
}
