//! What decoding accepts and what it refuses; and WAV files for other tests.

use super::*;

/// A WAV file of the given format around the given samples.
pub(crate) fn wav(code: u16, channels: u16, rate: u32, bits: u16, samples: &[u8]) -> Vec<u8> {
    let block = channels.wrapping_mul(bits / 8);
    let mut fmt = Vec::new();
    fmt.extend(code.to_le_bytes());
    fmt.extend(channels.to_le_bytes());
    fmt.extend(rate.to_le_bytes());
    fmt.extend(rate.wrapping_mul(u32::from(block)).to_le_bytes());
    fmt.extend(block.to_le_bytes());
    fmt.extend(bits.to_le_bytes());
    file(&[(b"fmt ", &fmt), (b"data", samples)])
}

/// 16-bit mono PCM.
pub(crate) fn pcm16(rate: u32, samples: impl Iterator<Item = f32>) -> Vec<u8> {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to 16 bits")]
    let bytes: Vec<u8> = samples
        .map(|sample| (sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16)
        .flat_map(i16::to_le_bytes)
        .collect();
    wav(PCM, 1, rate, 16, &bytes)
}

fn file(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut body = b"WAVE".to_vec();
    for (name, content) in chunks {
        body.extend(*name);
        body.extend(size(content.len()));
        body.extend(*content);
        body.extend(&[0][..content.len() % 2]);
    }
    let mut file = b"RIFF".to_vec();
    file.extend(size(body.len()));
    file.extend(body);
    file
}

fn size(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("a small file").to_le_bytes()
}

fn open(bytes: &[u8]) -> Result<Audio, WavError> {
    decode(Bytes::copy_from_slice(bytes))
}

fn samples(bytes: &[u8]) -> Vec<f32> {
    let audio = open(bytes).expect("readable");
    let mut samples = Vec::new();
    audio.mono(0..audio.frames(), &mut samples);
    samples
}

fn code(bytes: &[u8]) -> &'static str {
    open(bytes).expect_err("not readable").code()
}

#[track_caller]
fn assert_close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{found:?} {expected:?}");
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() < 1e-4, "{found:?} {expected:?}");
    }
}

#[test]
fn every_sample_width() {
    assert_close(
        &samples(&wav(1, 1, 8_000, 8, &[0, 128, 192])),
        &[-1.0, 0.0, 0.5],
    );
    assert_close(
        &samples(&wav(1, 1, 8_000, 16, &[0x00, 0x80, 0x00, 0x40])),
        &[-1.0, 0.5],
    );
    assert_close(
        &samples(&wav(1, 1, 8_000, 24, &[0x00, 0x00, 0x80, 0x00, 0x00, 0x40])),
        &[-1.0, 0.5],
    );
    assert_close(
        &samples(&wav(1, 1, 8_000, 32, &0x4000_0000_i32.to_le_bytes())),
        &[0.5],
    );
    let floats: Vec<u8> = [0.25, f32::NAN, f32::NEG_INFINITY, 7.0]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    assert_close(
        &samples(&wav(3, 1, 8_000, 32, &floats)),
        &[0.25, 0.0, -1.0, 1.0],
    );
}

#[test]
fn channels_are_averaged() {
    assert_close(
        &samples(&wav(1, 2, 8_000, 8, &[192, 128, 0, 128])),
        &[0.25, -0.5],
    );
    let wide = vec![192; 9_000];
    assert_close(&samples(&wav(1, 4_500, 8_000, 8, &wide)), &[0.5, 0.5]);
}

#[test]
fn extensible_headers_and_other_chunks() {
    let mut fmt = Vec::new();
    for word in [EXTENSIBLE, 1, 16_000, 0, 0, 0, 2, 16, 22, 16, 0, 0, 1] {
        fmt.extend(u16::to_le_bytes(word));
    }
    fmt.extend(GUID_TAIL);
    let chunks: [(&[u8; 4], &[u8]); 4] = [
        (b"LIST", b"odd"),
        (b"fmt ", &fmt),
        (b"fact", &[0; 4]),
        (b"data", &[0, 0x40]),
    ];
    assert_close(&samples(&file(&chunks)), &[0.5]);
    fmt[39] = 0;
    assert_eq!(code(&file(&[(b"fmt ", &fmt)])), "unsupported_format");
}

#[test]
fn a_piece_past_the_end_is_short() {
    let audio = open(&wav(1, 1, 8_000, 8, &[0, 64, 128])).expect("readable");
    let mut piece = vec![9.0];
    audio.mono(2..10, &mut piece);
    assert_close(&piece, &[0.0]);
    audio.mono(10..20, &mut piece);
    assert_close(&piece, &[]);
    assert!((audio.seconds() - 3.0 / 8_000.0).abs() < 1e-12);
}

#[test]
fn what_is_wrong_has_its_code() {
    assert_eq!(code(b""), "empty_body");
    assert_eq!(code(&wav(1, 1, 8_000, 16, &[])), "empty_body");
    assert_eq!(code(b"hello world, not audio"), "not_wav");
    assert_eq!(code(b"RIFF\x04\0\0\0AVI LIST"), "not_wav");
    assert_eq!(code(&file(&[(b"data", &[0; 8])])), "not_wav");
    assert_eq!(code(&file(&[(b"fmt ", &[1, 0])])), "not_wav");
    assert_eq!(code(b"RIFF"), "truncated");
    assert_eq!(code(b"RIFF\x04\0\0\0WAVE"), "truncated");
    assert_eq!(code(b"RIFX\0\0\0\x04WAVE"), "unsupported_format");
    for (format, channels, rate, bits) in [
        (1, 1, 8_000, 12),
        (3, 1, 8_000, 64),
        (6, 1, 8_000, 8),
        (1, 0, 8_000, 16),
        (1, 1, 1, 16),
        (1, 1, u32::MAX, 16),
    ] {
        assert_eq!(
            code(&wav(format, channels, rate, bits, &[0; 64])),
            "unsupported_format"
        );
    }
}

#[test]
fn cut_anywhere_it_is_truncated() {
    let whole = wav(1, 2, 44_100, 16, &[0; 64]);
    assert!(open(&whole).is_ok());
    for length in 1..whole.len() {
        assert_eq!(code(&whole[..length]), "truncated", "{length}");
    }
}

#[test]
fn sizes_are_never_trusted() {
    let mut lying = wav(1, 1, 8_000, 16, &[0; 8]);
    lying[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(code(&lying), "truncated");
    // With both sizes unknown it is what a program wrote into a pipe.
    lying[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(samples(&lying).len(), 4);
}

#[test]
fn no_bytes_make_it_panic() {
    let whole = wav(1, 2, 44_100, 24, &[1; 60]);
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    for _ in 0..100_000 {
        let mut bytes = whole.clone();
        for _ in 0..=random % 4 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let [at, value, ..] = random.to_le_bytes();
            let at = usize::from(at) % bytes.len();
            bytes[at] = value;
        }
        if let Ok(audio) = open(&bytes) {
            let mut samples = Vec::new();
            audio.mono(0..usize::MAX, &mut samples);
            assert_eq!(samples.len(), audio.frames());
            assert!(samples.iter().all(|sample| sample.abs() <= 1.0));
        }
    }
}
