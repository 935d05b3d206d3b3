//! Random functions under random attributes, from a seed.

use std::fmt::Write as _;

/// A source of random choices (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    /// From a seed other than zero.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `n`.
    pub(crate) const fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
}

/// A parameter: how it is written, and a label made of it, bare or as an expression.
struct Parameter {
    written: &'static str,
    label: Option<&'static str>,
    /// What it needs among the generics.
    generic: Option<&'static str>,
}

const fn plain(written: &'static str, label: &'static str) -> Parameter {
    Parameter {
        written,
        label: Some(label),
        generic: None,
    }
}

const PARAMETERS: &[Parameter] = &[
    plain("number: u32", "number"),
    plain("text: &str", "text"),
    plain("mut list: Vec<u8>", "length = list.len()"),
    plain("owned: String", "owned"),
    plain("kind: Kind", "kind"),
    plain("maybe: Option<&str>", "maybe"),
    plain("maybe_kind: Option<Kind>", "maybe_kind"),
    plain("flag: bool", "flag"),
    plain("(left, right): (u8, i8)", "left"),
    plain("Pair { first, .. }: Pair", "pair = first"),
    plain("shared: std::sync::Arc<str>", "shared"),
    plain("borrowed: &mut Vec<u8>", "borrowed = borrowed.len()"),
    Parameter {
        written: "_: i64",
        label: None,
        generic: None,
    },
    Parameter {
        written: "shown: impl ToString + Send",
        label: Some("shown = shown.to_string()"),
        generic: None,
    },
    Parameter {
        written: "value: T",
        label: Some("value = value.to_string()"),
        generic: Some("T: ToString + Send"),
    },
    Parameter {
        written: "array: [u8; N]",
        label: Some("size = N"),
        generic: Some("const N: usize"),
    },
];

/// A return type with a body that comes to it.
struct Returned {
    written: &'static str,
    body: &'static str,
    result: bool,
}

const RETURNED: &[Returned] = &[
    Returned {
        written: "",
        body: "if EARLY { return; } std::hint::black_box(0);",
        result: false,
    },
    Returned {
        written: "u32",
        body: "if EARLY { return 1; } 2",
        result: false,
    },
    Returned {
        written: "Result<u32, std::num::ParseIntError>",
        body: "let n: u32 = \"7\".parse()?; if EARLY { return Ok(n); } Ok(n + 1)",
        result: true,
    },
    Returned {
        written: "std::io::Result<()>",
        body: "if EARLY { return Err(std::io::Error::other(\"x\")); } Ok(())",
        result: true,
    },
    Returned {
        written: "Option<u8>",
        body: "let n = Some(1_u8)?; Some(n)",
        result: false,
    },
    Returned {
        written: "impl Iterator<Item = u8>",
        body: "(0..3).map(|n: u8| n + 1)",
        result: false,
    },
    Returned {
        written: "Result<impl Iterator<Item = u8>, String>",
        body: "if EARLY { return Err(String::new()); } Ok((0..3).map(|n: u8| n + 1))",
        result: true,
    },
    Returned {
        written: "&'static str",
        body: "let text: &'static str = \"x\"; text",
        result: false,
    },
    Returned {
        written: "Box<dyn std::fmt::Debug + Send>",
        body: "Box::new(1)",
        result: false,
    },
];

/// A function that must compile without a warning under its attributes, in a module of its own.
pub(crate) fn valid(random: &mut Random, n: usize) -> String {
    let returned = &RETURNED[random.below(RETURNED.len())];
    let mut parameters: Vec<&Parameter> = Vec::new();
    for _ in 0..random.below(5) {
        let parameter = &PARAMETERS[random.below(PARAMETERS.len())];
        if parameters
            .iter()
            .all(|other| other.written != parameter.written)
        {
            parameters.push(parameter);
        }
    }
    let generics: Vec<&str> = parameters
        .iter()
        .filter_map(|parameter| parameter.generic)
        .collect();
    let labels: Vec<&str> = parameters
        .iter()
        .filter_map(|parameter| parameter.label)
        .collect();
    let mut source = String::new();
    let _ = writeln!(source, "mod f{n} {{\n    use super::*;");
    let mut kinds = vec!["timed", "counted", "job_metric"];
    for _ in 0..=random.below(3) {
        let kind = kinds.remove(random.below(kinds.len()));
        let _ = writeln!(
            source,
            "    {}",
            attribute(random, n, kind, &labels, returned)
        );
    }
    if random.chance(15) {
        let _ = writeln!(
            source,
            "    {}",
            random.pick(&["#[inline]", "/// Documented.", "#[must_use]"])
        );
    }
    let written: Vec<&str> = parameters
        .iter()
        .map(|parameter| parameter.written)
        .collect();
    let (written, generics) = (written.join(", "), generics.join(", "));
    let arrow = |ty: &str| {
        if ty.is_empty() {
            String::new()
        } else {
            format!(" -> {ty}")
        }
    };
    let output = if returned.written.is_empty() {
        "()"
    } else {
        returned.written
    };
    let body = returned.body;
    // A boxed or returned future can neither borrow its parameters here nor be of an opaque output, and its
    // block is not coerced.
    let future = ["&", "impl "].iter().all(|word| !written.contains(word))
        && ["impl ", "Box<dyn"]
            .iter()
            .all(|word| !output.contains(word));
    let _ = match random.below(if future { 4 } else { 2 }) {
        0 => writeln!(
            source,
            "    pub fn call<{generics}>({written}){} {{ {body} }}",
            arrow(returned.written)
        ),
        1 => writeln!(
            source,
            "    pub async fn call<{generics}>({written}){} {{ std::future::ready(()).await; {body} }}",
            arrow(returned.written)
        ),
        2 => writeln!(
            source,
            "    pub fn call<{generics}>({written}) -> impl Future<Output = {output}> + Send {{ async move {{ {body} }} }}"
        ),
        _ => writeln!(
            source,
            "    pub fn call<{generics}>({written}) -> Pin<Box<dyn Future<Output = {output}> + Send>> {{ Box::pin(async move {{ {body} }}) }}"
        ),
    };
    source.push_str("}\n");
    source
}

fn attribute(
    random: &mut Random,
    n: usize,
    kind: &str,
    labels: &[&str],
    returned: &Returned,
) -> String {
    let mut arguments: Vec<String> = Vec::new();
    let chosen: Vec<&str> = labels
        .iter()
        .filter(|_| random.chance(60))
        .copied()
        .collect();
    match kind {
        "timed" => arguments.push(format!("\"f{n}_work_seconds\"")),
        "counted" => arguments.push(format!("\"f{n}_work_total\"")),
        _ => arguments.push(format!("namespace = \"f{n}\"")),
    }
    if !chosen.is_empty() {
        arguments.push(format!("labels({})", chosen.join(", ")));
    }
    if kind == "job_metric" {
        match random.below(10) {
            0..3 => arguments.push("stage = submit".to_owned()),
            3..5 => arguments.push("audio_seconds = 2.5".to_owned()),
            _ => {}
        }
    } else {
        if random.chance(40) {
            arguments.push("outcome".to_owned());
        } else if random.chance(20) {
            arguments.push("outcome = |_| Outcome::Success".to_owned());
        }
        if random.chance(30) {
            arguments.push("in_flight".to_owned());
        }
        if random.chance(20) {
            arguments.push("help = \"What it does.\"".to_owned());
        }
        if returned.result && chosen.is_empty() && random.chance(30) {
            arguments.push("labels(fine = |ret| ret.is_ok())".to_owned());
        }
    }
    if kind == "timed" && random.chance(40) {
        let buckets = random.pick(&[
            "[0.1, 1.0]",
            "[1, 2, 3]",
            "exponential(0.01, 2.0, 8)",
            "linear(0.5, 0.5, 4)",
        ]);
        arguments.push(format!("buckets = {buckets}"));
    }
    // The name stands first; keywords come in any order.
    let rest = arguments.len() - 1;
    for i in 1..arguments.len() {
        let other = 1 + random.below(rest);
        arguments.swap(i, other);
    }
    format!("#[{kind}({})]", arguments.join(", "))
}

/// A crate of valid functions.
pub(crate) fn crate_of(random: &mut Random, functions: usize) -> String {
    let mut source = String::from(
        "//! Generated.\n\n\
         #![forbid(unsafe_code)]\n\
         #![deny(warnings)]\n\
         #![allow(dead_code, unused_imports, unused_variables, unused_mut, clippy::all, clippy::pedantic)]\n\n\
         use instrumetrics::{LabelValue, Outcome, counted, job_metric, timed};\n\
         use std::future::Future;\n\
         use std::pin::Pin;\n\n\
         const EARLY: bool = false;\n\n\
         #[derive(Clone, Copy, LabelValue)]\n\
         #[label(rename_all = \"snake_case\")]\n\
         pub enum Kind {\n    Small,\n    VeryLarge,\n}\n\n\
         pub struct Pair {\n    pub first: u8,\n    pub second: u8,\n}\n\n",
    );
    for n in 0..functions {
        source.push_str(&valid(random, n));
    }
    source.push_str("\nfn main() {}\n");
    source
}

/// Words that arguments and items are thrown together from.
const WORDS: &[&str] = &[
    "timed",
    "name",
    "=",
    ",",
    "labels",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\"x_seconds\"",
    "\"X-y\"",
    "outcome",
    "in_flight",
    "|",
    "ret",
    "||",
    "buckets",
    "exponential",
    "linear",
    "0.1",
    "1",
    "-",
    "1e309",
    "help",
    "crate",
    "::",
    "self",
    "stage",
    "submit",
    "audio_seconds",
    "queued_since",
    "namespace",
    "\"\"",
    "'a",
    "'x'",
    "#",
    "!",
    "fn",
    "async",
    "const",
    "unsafe",
    "extern",
    "\"C\"",
    "pub",
    "struct",
    "enum",
    "impl",
    "mod",
    "trait",
    "for",
    "where",
    "->",
    "=>",
    "<",
    ">",
    "&",
    "mut",
    "_",
    "..",
    "dyn",
    "Box",
    "pin",
    "move",
    "return",
    "?",
    ";",
    ":",
    "u8",
    "T",
    "Result",
    "Jobs",
    "Counter",
    "Histogram",
    "metric",
    "max_series",
    "99999999999999999999",
    "r#fn",
    "é",
    "/** doc */",
    "b\"x\"",
    "self::x",
];

/// Tokens without sense, their brackets matched.
pub(crate) fn soup(random: &mut Random) -> String {
    let mut open = Vec::new();
    let mut text = String::new();
    for _ in 0..random.below(25) {
        let word = random.pick(WORDS);
        match word {
            "(" => open.push(")"),
            "[" => open.push("]"),
            "{" => open.push("}"),
            ")" | "]" | "}" => match open.pop() {
                Some(close) => {
                    text.push_str(close);
                    continue;
                }
                None => continue,
            },
            _ => {}
        }
        text.push_str(word);
        text.push(' ');
    }
    while let Some(close) = open.pop() {
        text.push_str(close);
    }
    text
}
