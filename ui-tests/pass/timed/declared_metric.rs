#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]
//! Into a declared metric, with any expression as a label.

use instrumetrics::{LabelValue, counted, metrics, timed};

#[derive(Clone, Copy, LabelValue)]
#[label(rename_all = "kebab-case")]
enum Codec {
    Opus,
    FlacLossless,
}

struct Audio {
    codec: Codec,
    name: String,
}

#[metrics(namespace = "audio")]
mod telemetry {
    use super::Codec;
    use instrumetrics::{Counter, Histogram};

    /// Time to decode.
    pub fn decode_seconds(codec: Codec, name: &str) -> Histogram;

    /// Decoded.
    pub fn decodes_total(codec: Codec) -> Counter;
}

impl Audio {
    #[timed(telemetry::decode_seconds(self.codec, &self.name))]
    #[counted(crate::telemetry::decodes_total(self.codec))]
    fn decode(self) -> String {
        self.name
    }
}

#[timed(telemetry::decode_seconds(if fast { Codec::Opus } else { Codec::FlacLossless }, &format!("{name}!")))]
#[counted(telemetry::decodes_total(match fast { true => Codec::Opus, false => Codec::FlacLossless }))]
async fn decode(fast: bool, name: String) -> usize {
    name.len()
}

#[counted(telemetry::decodes_total(Codec::Opus))]
fn later() -> impl Future<Output = u32> {
    async { 1 }
}

fn main() {
    let audio = Audio {
        codec: Codec::FlacLossless,
        name: "a".to_owned(),
    };
    assert_eq!(audio.decode(), "a");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    assert_eq!(runtime.block_on(decode(true, "ab".to_owned())), 2);
    drop(later());
    assert_eq!(telemetry::decodes_total(Codec::Opus).value(), 1);
    assert_eq!(runtime.block_on(later()), 1);
    assert_eq!(telemetry::decodes_total(Codec::Opus).value(), 2);
    let text = instrumetrics::render();
    assert!(
        text.contains(r#"audio_decode_seconds_count{codec="flac-lossless",name="a"} 1"#),
        "{text}"
    );
    assert!(
        text.contains(r#"audio_decode_seconds_count{codec="opus",name="ab!"} 1"#),
        "{text}"
    );
}
