//! From a name and labels to a series.

use super::Inner;
use crate::config;
use crate::error::Fault;
use crate::family::{
    Cap, Closed, Definition, Family, Known, Listed, Member, OVERFLOW, Origin, Pin, Recent, Seen,
    Series, Shape, Tag, Tagger, cache_now,
};
use crate::registry::{Place, Registry};
use instrumetrics_grammar::{self as grammar, Kind, Violation};
use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::{Arc, LazyLock, Weak};

/// What an operation asks for.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The method that was called.
    pub(super) operation: &'static str,
    pub(super) kind: Kind,
    pub(super) name: &'a str,
    pub(super) labels: &'a [(&'a str, &'a str)],
    /// What a counter is to grow by, where that is no whole number: only a declared counter can.
    pub(super) fraction: Option<f64>,
}

/// What kind of metric of which set it is, and how many labels it has.
#[inline]
const fn number(inner: &Inner, kind: Kind, labels: &[(&str, &str)]) -> u64 {
    inner.id << 16 | (labels.len() as u64 & 0x3fff) << 2 | kind as u64
}

/// What a thread remembers a series by: the name and the labels as they are given, in their order.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a tag is in registers")]
fn tag_of(inner: &Inner, kind: Kind, name: &str, labels: &[(&str, &str)]) -> Option<Tag> {
    let mut tagger = Tagger::new();
    tagger.text(name);
    for (name, value) in labels {
        tagger.text(name);
        tagger.text(value);
    }
    tagger.tag(number(inner, kind, labels))
}

impl Wanted<'_> {
    fn tag(&self, inner: &Inner) -> Option<Tag> {
        tag_of(inner, self.kind, self.name, self.labels)
    }

    /// What a thread remembers a metric by.
    fn metric_tag(&self, inner: &Inner) -> Option<Tag> {
        let mut tagger = Tagger::new();
        tagger.text(self.name);
        for (name, _) in self.labels {
            tagger.text(name);
        }
        tagger.tag(number(inner, self.kind, self.labels))
    }
}

/// Where a counter or histogram by name is recorded.
#[derive(Clone, Copy, Default)]
pub(super) struct Numbers {
    /// The first of its cells.
    pub(super) cell: u32,
    /// Whether a counter counts reals.
    pub(super) real: bool,
}

impl Numbers {
    pub(super) fn of(series: &Series) -> Self {
        Self {
            cell: series.cell(),
            real: series.definition.real,
        }
    }
}

/// What a thread keeps of a series that it used by name.
struct Kept {
    /// Upper bounds of a histogram's buckets.
    bounds: &'static [f64],
    series: Known,
}

/// A metric that a thread used by name, with labels of these names in this order, which are allowed.
struct Metric {
    /// Whatever goes with a set of metrics goes, though a thread remembers it.
    family: Weak<Family>,
    /// For each label of the family, the place among those given.
    places: Box<[usize]>,
}

thread_local! {
    static NAMED: RefCell<Recent<Numbers, Kept>> = const { RefCell::new(Recent::new()) };
    static METRICS: RefCell<Recent<(), Metric>> = const { RefCell::new(Recent::new()) };
}

/// The numbers of a counter, if the thread remembers them. The cells stay theirs until it remembers something else.
#[inline]
pub(super) fn counter(inner: &Inner, name: &str, labels: &[(&str, &str)]) -> Option<Numbers> {
    let tag = tag_of(inner, Kind::Counter, name, labels)?;
    let found = NAMED.try_with(|named| named.try_borrow().ok()?.find(tag));
    found.ok().flatten()
}

/// The first cell of a histogram and its bounds, as [`counter`].
#[inline]
pub(super) fn histogram(
    inner: &Inner,
    name: &str,
    labels: &[(&str, &str)],
) -> Option<(u32, &'static [f64])> {
    let tag = tag_of(inner, Kind::Histogram, name, labels)?;
    let found = NAMED.try_with(|named| {
        let named = named.try_borrow().ok()?;
        Some((named.find(tag)?.cell, named.kept(tag)?.bounds))
    });
    found.ok().flatten()
}

/// The gauge of an operation, if the thread remembers it. It is kept alive by this reference alone.
#[inline]
pub(super) fn gauge(inner: &Inner, name: &str, labels: &[(&str, &str)]) -> Option<Pin> {
    let tag = tag_of(inner, Kind::Gauge, name, labels)?;
    let found = NAMED.try_with(|named| named.try_borrow().ok()?.kept(tag)?.series.gauge());
    found.ok().flatten()
}

/// Finds what the thread does not remember, to be remembered.
///
/// # Errors
///
/// What a rule, a limit or another metric of that name does not allow.
#[cold]
#[inline(never)]
pub(super) fn look_up(inner: &Inner, wanted: Wanted<'_>) -> Result<Member, Fault> {
    let seen = cache_now();
    let found = find(inner, &wanted)?;
    // A series of other values than those given is not remembered, or a diverted or cut recording would be
    // reported once only, and what is too long would be kept in full.
    let values = &found.series.values;
    let kept = |(_, given): &(&str, &str)| values.iter().any(|value| value == *given);
    let turn = NAMED.try_with(|named| Some(named.try_borrow_mut().ok()?.is_turn()));
    if matches!(turn, Ok(Some(true)))
        && wanted.labels.iter().all(kept)
        && values.iter().all(|value| value != OVERFLOW)
        && let Some(tag) = wanted.tag(inner)
    {
        let numbers = Numbers::of(&found.series);
        let kept = Kept {
            bounds: found.series.definition.bounds,
            series: Known::new(&found),
        };
        let forgotten = NAMED.try_with(|named| {
            let mut named = named.try_borrow_mut().ok()?;
            Some(named.remember(seen, tag, numbers, kept))
        });
        drop(forgotten);
    }
    Ok(found)
}

/// The series of a handle.
///
/// # Errors
///
/// As [`look_up`].
pub(super) fn series(inner: &Inner, wanted: &Wanted<'_>) -> Result<Member, Fault> {
    find(inner, wanted)
}

/// A series that nothing exposes.
pub(crate) fn detached(kind: Kind) -> Member {
    static NOWHERE: LazyLock<Arc<Cap>> = LazyLock::new(|| Arc::new(Cap::new(0)));
    let definition = by_name(kind, "detached", &[]);
    let family = Family::new(definition, Shape::unknown(0), &NOWHERE, Origin::Own, 0);
    family.scrap()
}

/// Why a counter by name does not grow by this.
pub(super) fn not_whole(fraction: f64) -> Fault {
    Fault::validation(
        "invalid_value",
        format!("this counter counts whole things and cannot grow by {fraction}"),
    )
}

fn find(inner: &Inner, wanted: &Wanted<'_>) -> Result<Member, Fault> {
    if let Some(found) = find_in_remembered(inner, wanted) {
        return Ok(found);
    }
    let mut labels = wanted.labels.to_vec();
    // Stable, and by name alone: of two labels of one name the first is the one found at fault.
    labels.sort_by_key(|(name, _)| *name);
    let labels = labels.as_slice();
    check(inner, wanted, labels)?;
    loop {
        // A family that went since it was found is not there the next time.
        if let Ok(found) = find_once(inner, wanted, labels)? {
            return Ok(found);
        }
    }
}

/// The series, if the thread remembers its metric: then its name and those of its labels were found to be right.
fn find_in_remembered(inner: &Inner, wanted: &Wanted<'_>) -> Option<Member> {
    if inner.strict_label_values || wanted.fraction.is_some() {
        return None;
    }
    let metric = METRICS.try_with(|metrics| {
        let metrics = metrics.try_borrow().ok()?;
        let metric = metrics.kept(wanted.metric_tag(inner)?)?;
        let value = |place: &usize| wanted.labels.get(*place).map_or("", |(_, value)| *value);
        Some((
            metric.family.upgrade()?,
            metric.places.iter().map(value).collect(),
        ))
    });
    let (family, texts): (_, Vec<&str>) = metric.ok()??;
    let found = family.series_of(&texts).ok()?;
    if family.is_named() {
        report_changes(inner, wanted, &texts, &found.series);
    }
    Some(found)
}

/// Remembers the metric of an operation that was found to be right.
fn remember_metric(inner: &Inner, wanted: &Wanted<'_>, seen: Seen, family: &Arc<Family>) {
    let place = |own: &Cow<'_, str>| wanted.labels.iter().position(|(given, _)| given == own);
    let places = family.definition.labels.iter().map(place).collect();
    let (Some(places), Some(tag)) = (places, wanted.metric_tag(inner)) else {
        return;
    };
    let metric = Metric {
        family: Arc::downgrade(family),
        places,
    };
    let forgotten = METRICS.try_with(|metrics| {
        let mut metrics = metrics.try_borrow_mut().ok()?;
        let turn = metrics.is_turn();
        turn.then(|| metrics.remember(seen, tag, (), metric))
    });
    drop(forgotten);
}

fn find_once(
    inner: &Inner,
    wanted: &Wanted<'_>,
    labels: &[(&str, &str)],
) -> Result<Result<Member, Closed>, Fault> {
    let seen = cache_now();
    let own = Registry::linked().find(wanted.name);
    if own.as_ref().is_some_and(|family| family.is_own()) {
        return Err(Fault::validation(
            "type_conflict",
            "it is one of the library's own metrics, which nobody else writes",
        ));
    }
    let declared = own.is_some();
    let family = if let Some(family) = own {
        family
    } else {
        // Before there is a series, which would stay behind.
        if let Some(fraction) = wanted.fraction {
            return Err(not_whole(fraction));
        }
        inner
            .registry
            .find_or_insert(wanted.name, inner.resource.max_metrics, || {
                by_name(wanted.kind, wanted.name, labels)
            })
            .map_err(|place| refused(inner, wanted, &place))?
    };
    agree(&family, wanted, labels)?;
    // The family has its labels in its own order.
    let texts: Vec<&str> = family
        .definition
        .labels
        .iter()
        .map(|name| {
            let label = labels.iter().find(|(given, _)| given == name);
            label.map_or("", |(_, value)| *value)
        })
        .collect();
    let found = family.series_of(&texts);
    if let Ok(found) = &found {
        remember_metric(inner, wanted, seen, &family);
        if !declared {
            report_changes(inner, wanted, &texts, &found.series);
        }
    }
    Ok(found)
}

/// Counts and logs what was recorded under other labels than those given. It is no error: nothing is lost.
fn report_changes(inner: &Inner, wanted: &Wanted<'_>, texts: &[&str], series: &Series) {
    let limit = inner.resource.max_label_value_length;
    if texts.iter().any(|text| text.len() > limit) {
        let reason = format!("a label value is longer than {limit} bytes and was cut");
        let fault = Fault::resource("value_truncated", reason);
        inner.report(wanted.operation, wanted.name, fault);
    }
    let diverted = |(kept, given): (&str, &&str)| kept == OVERFLOW && *given != OVERFLOW;
    if series.values.iter().zip(texts).any(diverted) {
        let fault = Fault::resource(
            "label_combinations",
            format!(
                "there are {} label combinations already, as many as are allowed; recorded in the overflow series",
                inner.resource.max_label_combinations
            ),
        );
        inner.report(wanted.operation, wanted.name, fault);
    }
}

/// Names, and how many labels.
fn check(inner: &Inner, wanted: &Wanted<'_>, labels: &[(&str, &str)]) -> Result<(), Fault> {
    let resource = &inner.resource;
    let limited = |violation: Violation, limit: usize| match violation.error_type() {
        // The wording of the grammar gives its own limit.
        error_type @ ("name_too_long" | "label_name_too_long") => {
            Fault::validation(error_type, format!("the name is longer than {limit} bytes"))
        }
        error_type => Fault::validation(error_type, violation.message()),
    };
    grammar::metric_name(wanted.name, resource.max_metric_name_length).map_err(|violation| {
        suggested(
            limited(violation, resource.max_metric_name_length),
            wanted.name,
        )
    })?;
    if labels.len() > resource.max_labels_per_metric {
        return Err(Fault::validation(
            "too_many_labels",
            format!(
                "{} labels where {} are allowed",
                labels.len(),
                resource.max_labels_per_metric
            ),
        ));
    }
    for (name, _) in labels {
        grammar::label_for(name, wanted.kind, resource.max_label_name_length).map_err(
            |violation| {
                let mut fault = limited(violation, resource.max_label_name_length);
                fault.reason = format!("label '{name}': {}", fault.reason).into();
                fault
            },
        )?;
    }
    if inner.strict_label_values
        && let Some((name, _)) = labels
            .iter()
            .find(|(_, value)| value.contains(['"', '\\', '\n']))
    {
        return Err(Fault::validation(
            "invalid_label_value",
            format!("the value of label '{name}' has a quote, a backslash or a line feed"),
        ));
    }
    for pair in labels.windows(2) {
        if let [(first, _), (second, _)] = pair
            && first == second
        {
            return Err(Fault::validation(
                "duplicate_label",
                format!("label '{first}' is given twice"),
            ));
        }
    }
    Ok(())
}

/// With the nearest right name, if there is one.
fn suggested(mut fault: Fault, name: &str) -> Fault {
    if let Some(suggestion) = grammar::name_suggestion(name, None) {
        fault.reason = format!("{}; '{suggestion}' would do", fault.reason).into();
    }
    fault
}

/// Whether the family is of the wanted kind and has these labels.
fn agree(family: &Family, wanted: &Wanted<'_>, labels: &[(&str, &str)]) -> Result<(), Fault> {
    let definition = &family.definition;
    if definition.kind != wanted.kind {
        return Err(Fault::validation(
            "type_conflict",
            format!(
                "it is a {}, not a {}",
                definition.kind.as_str(),
                wanted.kind.as_str()
            ),
        ));
    }
    let same = definition.labels.len() == labels.len()
        && labels
            .iter()
            .all(|(name, _)| definition.labels.iter().any(|own| own == name));
    if same {
        return Ok(());
    }
    let list = |names: Vec<&str>| match names.as_slice() {
        [] => "no labels".to_owned(),
        names => format!("the labels {}", names.join(", ")),
    };
    Err(Fault::validation(
        "label_mismatch",
        format!(
            "it has {}, not {}",
            list(definition.labels.iter().map(|label| &**label).collect()),
            list(labels.iter().map(|(name, _)| *name).collect())
        ),
    ))
}

fn refused(inner: &Inner, wanted: &Wanted<'_>, place: &Place) -> Fault {
    match place {
        Place::Full => Fault::resource(
            "limit_exceeded",
            format!(
                "there are {} metrics already, as many as are allowed",
                inner.resource.max_metrics
            ),
        ),
        Place::Claimed(by) => Fault::validation(
            "type_conflict",
            format!(
                "the metric '{by}' exposes the name of the {} too",
                wanted.kind.as_str()
            ),
        ),
    }
}

fn by_name(kind: Kind, name: &str, labels: &[(&str, &str)]) -> Definition {
    Definition {
        name: Cow::Owned(name.to_owned()),
        help: Cow::Owned(match kind {
            Kind::Counter => format!("Counter {name}."),
            Kind::Gauge => format!("Gauge {name}."),
            Kind::Histogram => format!("Histogram {name}."),
        }),
        kind,
        real: false,
        labels: labels
            .iter()
            .map(|(label, _)| Cow::Owned((*label).to_owned()))
            .collect(),
        bounds: match kind {
            Kind::Histogram => config::effective_bounds(name, None),
            Kind::Counter | Kind::Gauge => &[],
        },
        unit: grammar::unit_of(name),
        namespaced: false,
        max_series: None,
        collected: false,
        site: crate::descriptor::Site {
            file: "by name",
            line: 0,
            module: "",
        },
        listed: Some(Listed::new(name)),
    }
}
