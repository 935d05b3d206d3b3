//! What the service measures: this page is the list.

use instrumetrics::{LabelValue, metrics};

pub(crate) use self::declared::*;

/// The sizes of model on offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, LabelValue)]
#[label(rename_all = "snake_case")]
pub(crate) enum Model {
    Tiny,
    Base,
    Small,
    Medium,
    #[label("large-v3")]
    LargeV3,
}

impl Model {
    /// From the smallest to the largest.
    pub(crate) const ALL: [Self; 5] = [
        Self::Tiny,
        Self::Base,
        Self::Small,
        Self::Medium,
        Self::LargeV3,
    ];

    /// The name that clients use, which is the label's value.
    pub(crate) fn name(self) -> &'static str {
        Self::value_at(self.index())
    }

    /// The model of a name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }
}

/// Every metric of the service, by its name without `whisper_`.
#[metrics(namespace = "whisper")]
pub(crate) mod declared {
    use super::Model;
    use instrumetrics::{Counter, Gauge, Histogram, Jobs};

    /// Transcription jobs.
    pub(crate) fn jobs(model: Model, language: &str) -> Jobs;

    /// Jobs waiting in the queue.
    pub(crate) fn queue_size() -> Gauge;

    /// Jobs that may wait in the queue.
    pub(crate) fn queue_capacity() -> Gauge;

    /// Jobs that can run at the same time.
    pub(crate) fn workers() -> Gauge;

    /// Segments of speech found.
    pub(crate) fn segments_total(model: Model) -> Counter;

    /// Requests refused and jobs failed, by the code that the client got.
    pub(crate) fn errors_total(category: &str, error_type: &str) -> Counter;

    /// HTTP requests answered; status 499 is a client that left before.
    pub(crate) fn http_requests_total(method: &str, endpoint: &str, status: u16) -> Counter;

    /// Time until a request is answered.
    pub(crate) fn http_request_duration_seconds(method: &str, endpoint: &str) -> Histogram;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_models() {
        let names = Model::ALL.map(Model::name);
        assert_eq!(names, ["tiny", "base", "small", "medium", "large-v3"]);
        assert_eq!(names.map(Model::from_name), Model::ALL.map(Some));
        assert_eq!(Model::from_name("huge"), None);
    }
}
