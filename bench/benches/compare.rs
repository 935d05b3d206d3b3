//! `cargo bench --manifest-path bench/Cargo.toml`, with `-- --quick`, `--check`, `--json PATH` and a part
//! of a row's name.

use instrumetrics_bench::budget::budgets;
use instrumetrics_bench::options::Options;
use instrumetrics_bench::report::{self, Results, Setting};
use instrumetrics_bench::{flush, memory, peers, scrape, subjects, threads, turns};
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(memory::ARGUMENT) {
        println!(
            "{}",
            memory::measure(&arguments.next().unwrap_or_default())?
        );
        return Ok(ExitCode::SUCCESS);
    }
    let json = Path::new(env!("CARGO_TARGET_TMPDIR")).join("results.json");
    let options = Options::from_arguments(std::env::args().skip(1), json)?;
    let rounds = [options.rounds(201), options.rounds(101), options.rounds(51)];
    let setting = Setting {
        processor: processor(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        pinned: threads::pin(0),
        rounds,
    };
    peers::install();
    warm_up();
    let mut alone = subjects::alone();
    alone.retain(|x| options.wants(x.row) || x.row.starts_with("reference/"));
    let mut contended = subjects::contended();
    contended.retain(|x| options.wants(x.row));
    let alone = turns::run(&alone, rounds[0]);
    let mut scrapes = Vec::new();
    if options.wants("flush/") {
        scrapes.extend(flush::run(rounds[2])?);
    }
    let results = Results {
        alone,
        // Before the threads: they take further pages.
        scrapes: if options.wants("scrape/") || options.wants("json/") {
            scrapes.extend(scrape::run(rounds[2])?);
            scrapes
        } else {
            scrapes
        },
        pairs: threads::run(&contended, rounds[1]),
        memory: memory::run(|row| options.wants(row))?,
    };
    print!("{}", report::markdown(&results, &setting));
    let text = serde_json::to_string_pretty(&report::json(&results, &setting))?;
    std::fs::write(&options.json, text)?;
    let missed: Vec<_> = budgets(&results)
        .into_iter()
        .filter(|budget| budget.enforced && !budget.met())
        .collect();
    for budget in &missed {
        eprintln!(
            "missed: {}: {:.3}, limit {}",
            budget.what, budget.value, budget.limit
        );
    }
    Ok(if options.check && !missed.is_empty() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Lets the toolkit's clock find its rate, which takes a fifth of a second after the first reading.
fn warm_up() {
    #[instrumetrics::timed("bench_warm_up_seconds")]
    fn first() {}
    first();
    std::thread::sleep(Duration::from_millis(600));
}

fn processor() -> String {
    std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(": ")?.1.trim().to_owned())
        })
        .unwrap_or_else(|| "unknown processor".into())
}
